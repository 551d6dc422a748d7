import { Exit } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';

const MARKS = { ok: 'ok  ', note: 'note', failed: 'FAIL' } as const;
const WIDTH = 11;

/** `doctor`. */
export const doctor = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    format: flag.choice(
      ['text', 'json'],
      "Form of the output: 'text' or 'json', a line for each finding",
    ),
  },
  examples: [
    ['What containers need and this machine lacks', 'stave doctor', 'a machine that lacks nothing'],
  ],

  async run({ flags, engine, stdout, env }) {
    const { system } = await engine();
    // In a namespace of his own every user is root.
    const caller = Number(env['STAVE_CALLER_UID'] ?? process.getuid?.() ?? 0);
    let isWell = true;
    for await (const finding of system.examine(caller)) {
      const { what, outcome, text, hint } = finding;
      isWell &&= outcome !== 'failed';
      if (flags.format === 'json') {
        stdout.line(JSON.stringify(finding));
        continue;
      }
      stdout.line(`${MARKS[outcome]}  ${what.padEnd(WIDTH)}${text}`);
      if (hint !== undefined && outcome !== 'ok') {
        stdout.line(`${' '.repeat(6 + WIDTH)}${hint}`);
      }
    }
    return isWell ? Exit.ok : Exit.failure;
  },
});
