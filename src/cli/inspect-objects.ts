import { Exit, StaveError } from '../base/errors.ts';
import type { Context } from './command.ts';
import type { Struct } from './template/values.ts';

/** An object in the two forms that `inspect` needs. */
export interface Inspected {
  readonly json: Readonly<Record<string, unknown>>;
  /** Computed only for templates. */
  readonly typed: () => Struct;
}

/**
 * Looks every operand up and writes what was found: an indented JSON array, one line of
 * JSON, or a template's text per object. What was not found is complained about; the rest
 * is shown all the same.
 */
export async function inspectObjects(
  { operands, stdout, complain }: Context,
  typed: string | undefined,
  look: (name: string) => Promise<Inspected>,
): Promise<number> {
  const format = typed === '' ? undefined : typed;
  const render = format === undefined || format === 'json' ? undefined : await renderer(format);
  const found: Inspected[] = [];
  const lines: string[] = [];
  const failures: StaveError[] = [];
  for (const name of operands) {
    try {
      const object = await look(name);
      if (render) lines.push(`${render(object)}\n`);
      found.push(object);
    } catch (error) {
      if (!(error instanceof StaveError)) throw error;
      failures.push(error);
    }
  }
  if (render) stdout.write(lines.join('') || '\n');
  else {
    const indent = format === undefined ? 4 : 0;
    stdout.line(
      JSON.stringify(
        found.map(({ json }) => json),
        undefined,
        indent,
      ),
    );
  }
  for (const failure of failures) complain(failure);
  return failures.length > 0 ? Exit.failure : Exit.ok;
}

/**
 * Runs a template on the typed form; where that has no such field, on the JSON form, whose
 * names differ here and there (`.Id`).
 */
async function renderer(format: string): Promise<(object: Inspected) => string> {
  const [{ readTemplate }, { TemplateError }, { fromJson }] = await Promise.all([
    import('./object-template.ts'),
    import('./template/errors.ts'),
    import('./template/values.ts'),
  ]);
  const parsed = readTemplate(format);
  return ({ json, typed }) => {
    try {
      return parsed.execute(typed());
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      return parsed.execute(fromJson(json), { strictKeys: true });
    }
  };
}
