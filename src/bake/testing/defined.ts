import { readDefinition } from '../bake.ts';
import type { Evaluated } from '../definition.ts';
import { goJson, printable } from '../print.ts';

/** What a test may set around its files. */
export interface Around {
  readonly env?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  readonly dotenv?: string;
}

/** What files by these names define. */
export async function defined(
  files: Readonly<Record<string, string>>,
  { env = {}, vars = {}, dotenv }: Around = {},
): Promise<Evaluated> {
  return await readDefinition({
    files: Object.entries(files).map(([name, text]) => ({ name, text })),
    env,
    vars: new Map(Object.entries(vars)),
    builtins: new Map([
      ['BAKE_CMD_CONTEXT', 'cwd://'],
      ['BAKE_LOCAL_PLATFORM', 'linux/amd64'],
    ]),
    home: '/home/me',
    now: new Date('2026-11-21T07:03:25.123Z'),
    dotenv,
  });
}

/** Targets as plain data by their names. */
export function targetsOf(definition: Evaluated): Record<string, unknown> {
  return Object.fromEntries(
    definition.targets.map(({ name, fields }) => [name, JSON.parse(goJson(printable(fields)))]),
  );
}

/** The value of an expression in JSON, beside some more lines of the file. */
export async function value(expression: string, more = '', around: Around = {}): Promise<string> {
  const text = `${more}\ntarget "t" {\n  args = {\n    v = jsonencode(${expression})\n  }\n}\n`;
  const { targets: found } = await defined({ 'b.hcl': text }, around);
  return found[0]?.fields.args?.get('v') ?? 'nothing';
}
