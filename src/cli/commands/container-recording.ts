import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { alignTabs } from '../table.ts';
import { ellipsis } from '../units.ts';
import { visible } from '../visible.ts';

const WIDTH = 60;
const FATES = {
  run: 'kept',
  tolerated: 'kept, although it failed',
  background: 'kept, and waited for',
  packages: 'kept, with other installs',
  taken: 'copied: what it left',
  nothing: 'left out: changed no files',
  failed: 'left out: failed',
  carried: 'kept where others need it',
  lost: 'left out: not known',
} as const;

/** `container recording`. */
export const containerRecording = command({
  usage: '[OPTIONS] CONTAINER',
  operands: [1, 1],
  flags: {
    change: flag.list('list', 'A further Dockerfile instruction, as for commit', 'c'),
    dockerfile: flag.toggle('Print the Dockerfile'),
    format: flag.choice(['text', 'json'], 'Form of the output: text or json'),
  },
  examples: [
    [
      'What was typed in a container, and what becomes of it',
      'stave container recording web1',
      'a container that was started with --record',
    ],
    [
      'The Dockerfile that a commit would write',
      'stave container recording --dockerfile web1',
      'a container that was started with --record',
    ],
  ],

  async run({ operands: [container = ''], flags, engine, stdout, stderr }) {
    const { recordings } = await engine();
    const draft = await recordings.draft({ container, changes: flags.change });
    if (flags.format === 'json') {
      stdout.line(JSON.stringify(draft, undefined, 2));
      return;
    }
    for (const warning of draft.warnings) stderr.line(`WARNING: ${visible(warning)}`);
    if (flags.dockerfile) {
      stdout.write(draft.dockerfile);
      return;
    }
    const rows = draft.commands.map(({ text, status, directory, changed, fate }) => [
      String(status),
      changed === undefined ? '?' : String(changed),
      visible(directory),
      ellipsis(visible((text ?? '?').replaceAll(/\s+/g, ' ')), WIDTH),
      FATES[fate],
    ]);
    const all = [['STATUS', 'FILES', 'DIRECTORY', 'COMMAND', 'DRAFT'], ...rows];
    stdout.write(alignTabs(`${all.map((row) => row.join('\t')).join('\n')}\n`));
  },
});
