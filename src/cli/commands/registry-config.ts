import { Exit, UsageError } from '../../base/errors.ts';
import { command, type Context } from '../command.ts';
import { flag } from '../flags.ts';
import type { Effective } from '../registry/config/effective.ts';
import { CONFIG } from '../registry/config/table.ts';
import { problemLine, readConfig } from '../registry/config/read.ts';
import { SERVE_FLAGS, type ServeValues } from '../registry/serve-flags.ts';

const FLAGS = {
  check: flag.toggle('Show nothing; the exit code says whether the file is good'),
  schema: flag.toggle('Show the JSON schema of config files, for editors'),
};

/** `registry config`. */
export const registryConfig = command({
  usage: '[--check] FILE | --schema',
  operands: [0, 1],
  flags: FLAGS,
  examples: [
    ['What counts, with the defaults', 'stave registry config registry.yaml', 'a config file'],
    ['Before a restart', 'stave registry config --check registry.yaml', 'a config file'],
    ['For an editor', 'stave registry config --schema > registry.schema.json'],
  ],

  async run(context) {
    const {
      flags: { check, schema },
      operands: [file],
      cwd,
      stdout,
      stderr,
    } = context;
    if (schema === (file !== undefined) || (schema && check)) {
      throw new UsageError('give a FILE, or --schema');
    }
    if (file === undefined) {
      const { schemaOf } = await import('../registry/config/schema.ts');
      stdout.line(JSON.stringify(schemaOf(CONFIG), undefined, 2));
      return Exit.ok;
    }
    const { tree, problems } = await readConfig(file, cwd, CONFIG);
    for (const problem of problems) {
      stderr.line(`${problemLine(file, problem)}${problem.hint ? `. ${problem.hint}` : ''}`);
    }
    if (problems.length > 0) return Exit.failure;
    const { effectiveOf } = await import('../registry/config/effective.ts');
    const effective = effectiveOf(noFlags(), new Set(), tree);
    await checkTogether(effective, context);
    if (check) return Exit.ok;
    const { effectiveText } = await import('../registry/config/show.ts');
    stdout.write(await effectiveText(effective));
    return Exit.ok;
  },
});

/** Values of flags, none of which was typed. */
function noFlags(): ServeValues {
  const values = Object.entries(SERVE_FLAGS).map(([name, { initial }]) => [name, initial]);
  return Object.fromEntries(values) as ServeValues;
}

/** Throws UsageError and InvalidInputError for settings that contradict each other. */
async function checkTogether(effective: Effective, context: Context<typeof FLAGS>): Promise<void> {
  const { understand } = await import('../registry/serve/settings.ts');
  await understand(effective, context);
}
