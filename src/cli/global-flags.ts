import type { OptionRow } from './manual/page.ts';

/** Options before the command: what help, documents and completion say of them. */
export const GLOBAL_FLAGS: readonly OptionRow[] = [
  { short: 'D', long: 'debug', valueName: '', summary: 'Show the causes of errors' },
  { short: undefined, long: 'help', valueName: '', summary: 'Show help' },
  {
    short: undefined,
    long: 'root',
    valueName: 'string',
    summary: 'Keep everything in this directory (environment: STAVE_ROOT)',
  },
  { short: 'v', long: 'version', valueName: '', summary: 'Show the version and quit' },
];
