import { Exit, UsageError } from '../../base/errors.ts';
import type { ImageLintFinding } from '../../engine/audit-types.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { platformOption } from '../platform-flag.ts';
import { visible } from '../visible.ts';

const FORMATS = ['text', 'json', 'sarif'];

/** `image lint`, `lint`. */
export const imageLint = command({
  usage: '[OPTIONS] IMAGE',
  operands: [1, 1],
  flags: {
    format: flag.text('string', 'Form of the output: text, json or sarif'),
    platform: flag.text('string', 'Of an image for several platforms, the one to look at'),
    skip: flag.stringSlice('strings', 'Rules to leave out'),
  },
  examples: [
    ['What is doubtful in an image', 'stave lint app:v1'],
    ['Without some of the rules', 'stave lint --skip RootUser,WorldWritableFile app:v1'],
    ['For code hosts and editors', 'stave lint --format sarif app:v1 > lint.sarif'],
  ],

  async run(context) {
    const { flags, operands, stdout, signal, version } = context;
    const [name = ''] = operands;
    const { format = 'text' } = flags;
    if (!FORMATS.includes(format)) {
      throw new UsageError(`unknown format ${JSON.stringify(format)}`, {
        hint: `It is one of ${FORMATS.join(', ')}.`,
      });
    }
    const { platform } = platformOption(flags.platform);
    const all = await (await context.engine()).images.lint(name, { platform, signal });
    const found = all.filter(({ ruleName }) => !flags.skip.includes(ruleName));
    if (format === 'json') stdout.line(JSON.stringify({ warnings: found }, undefined, 2));
    else if (format === 'sarif') {
      const { imageSarif } = await import('../calls/sarif.ts');
      stdout.line(JSON.stringify(imageSarif(found, name, version()), undefined, 2));
    } else stdout.write(textOf(found, name));
    return found.length > 0 ? Exit.failure : Exit.ok;
  },
});

/** As `--check` says it. */
function textOf(found: readonly ImageLintFinding[], name: string): string {
  if (found.length === 0) return `Check complete, no warnings found in ${name}.\n`;
  const count = found.length === 1 ? '1 warning has' : `${found.length} warnings have`;
  const lines = found.map(({ ruleName, detail, origin }) => {
    const place = origin ? `${visible(origin.file)}:${origin.line}\n` : '';
    return `\nWARNING: ${ruleName}\n${visible(detail)}\n${place}`;
  });
  return `Check complete, ${count} been found!\n${lines.join('')}`;
}
