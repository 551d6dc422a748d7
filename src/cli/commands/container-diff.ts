import { UsageError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { compare, COMPARE_FLAGS, writeChanges } from '../compare-command.ts';
import { pathLine } from '../origin-text.ts';

/** `container diff`, `diff`. */
export const containerDiff = command({
  usage: '[OPTIONS] CONTAINER | A B',
  operands: [1, 2],
  flags: COMPARE_FLAGS,
  examples: [
    ["What a container changed of its image's files", 'stave diff web1'],
    ['In what two images differ', 'stave diff app:v1 app:v2'],
    ['What a container has that another image has not', 'stave diff app:v1 web1'],
    ['Only below /etc', 'stave diff --path /etc app:v1 app:v2'],
  ],

  async run(context) {
    const { flags, operands, stdout } = context;
    const [first = '', second] = operands;
    if (second !== undefined) return compare(context, [first, second]);
    if (flags.patch !== undefined || flags.path.length > 0) {
      throw new UsageError('--patch and --path compare two images or containers', {
        hint: `Name the image as well: 'stave diff IMAGE ${first}'.`,
      });
    }
    const { containers } = await context.engine();
    const changes = await containers.changes(first);
    if (flags.quiet) return undefined;
    if (flags['name-only']) for (const { path } of changes) stdout.line(pathLine(path));
    else await writeChanges(context, changes, flags.format === 'text' ? undefined : flags.format);
    return undefined;
  },
});
