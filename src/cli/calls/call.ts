import { UsageError } from '../../base/errors.ts';

/** What can be asked of a Dockerfile instead of building it. */
const METHODS = ['build', 'check', 'outline', 'targets'] as const;
const FORMATS = ['text', 'json', 'sarif'] as const;

/** `--call METHOD[,format=FORMAT][,ignorestatus=BOOL]`, read. */
export interface Call {
  readonly method: (typeof METHODS)[number];
  readonly format: (typeof FORMATS)[number];
  /** Findings of a check do not make the exit code. */
  readonly ignoreStatus: boolean;
}

/** Reads the value of `--call`; `check` stands for `--check`. Throws UsageError. */
export function parseCall(text: string | undefined, check: boolean): Call {
  const call: { -readonly [K in keyof Call]: Call[K] } = {
    method: check ? 'check' : 'build',
    format: 'text',
    ignoreStatus: false,
  };
  for (const field of (text ?? '').split(',').filter((one) => one !== '')) {
    const equals = field.indexOf('=');
    const [key, value] =
      equals < 0 ? [undefined, field] : [field.slice(0, equals), field.slice(equals + 1)];
    if (key === undefined)
      call.method = oneOf('method', METHODS, value === 'lint' ? 'check' : value);
    else if (key === 'format') call.format = oneOf('format', FORMATS, value);
    else if (key === 'ignorestatus') {
      call.ignoreStatus = oneOf('ignorestatus', ['true', 'false'], value) === 'true';
    } else throw invalid(`unknown option ${JSON.stringify(key)}`, ['format', 'ignorestatus']);
  }
  if (call.format === 'sarif' && call.method !== 'check') {
    throw invalid(`${call.method} has no SARIF form`, ['text', 'json']);
  }
  return call;
}

function oneOf<T extends string>(what: string, words: readonly T[], value: string): T {
  const word = words.find((one) => one === value);
  if (word === undefined) throw invalid(`unknown ${what} ${JSON.stringify(value)}`, words);
  return word;
}

function invalid(why: string, known: readonly string[]): UsageError {
  return new UsageError(`invalid argument for "--call": ${why}`, {
    hint: `It is one of ${known.join(', ')}.`,
  });
}
