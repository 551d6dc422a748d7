import { toJson } from './template/json.ts';
import { template } from './template/template.ts';
import type { Value } from './template/values.ts';

/** One object by `--format`: `json`, or a template. Throws TemplateError. */
export function formatObject(value: Value, format: string): string {
  return format === 'json' ? toJson(value) : template(format).execute(value);
}
