import { command } from '../command.ts';
import { Exit } from '../../base/errors.ts';
import { flag } from '../flags.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

const MARKS = { ok: 'ok  ', note: 'note', failed: 'FAIL' } as const;
const STEP_WIDTH = 13;

/** `doctor registry`. */
export const doctorRegistry = command({
  usage: '[OPTIONS] HOST|NAME',
  operands: [1, 1],
  flags: {
    ...REACH_FLAGS,
    format: flag.choice(
      ['text', 'json'],
      "Form of the output: 'text' or 'json', a line for each step",
    ),
  },
  examples: [
    [
      'Why a registry cannot be reached',
      'stave doctor registry registry.example.com',
      'a registry',
    ],
    [
      'Who we are to a repository, and what that allows',
      'stave doctor registry alice/app:1',
      'a registry',
    ],
  ],

  async run(context) {
    const {
      operands: [what = ''],
      flags,
      engine,
      stdout,
      signal,
    } = context;
    const { registries } = await engine(reach(context));
    let isWell = true;
    for await (const { step, outcome, text, hint } of registries.diagnose(what, { signal })) {
      isWell &&= outcome !== 'failed';
      if (flags.format === 'json') {
        stdout.line(JSON.stringify({ step, outcome, text, hint }));
        continue;
      }
      stdout.line(`${MARKS[outcome]}  ${step.padEnd(STEP_WIDTH)}${text}`);
      if (hint !== undefined && outcome === 'failed') {
        stdout.line(`${' '.repeat(6 + STEP_WIDTH)}${hint}`);
      }
    }
    return isWell ? Exit.ok : Exit.failure;
  },
});
