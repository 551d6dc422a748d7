import { TemplateError } from './template/errors.ts';
import { toJson } from './template/json.ts';
import { template, type Template } from './template/template.ts';
import type { Value } from './template/values.ts';

/** One object by `--format`: `json`, or a template. Throws TemplateError. */
export function formatObject(value: Value, format: string): string {
  return format === 'json' ? toJson(value) : readTemplate(format).execute(value);
}

/** A template for objects: one that cannot be read has an exit code of its own. Throws TemplateError. */
export function readTemplate(format: string): Template {
  try {
    return template(format);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw TemplateError.unreadable(error);
  }
}
