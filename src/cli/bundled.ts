import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Script, constants } from 'node:vm';
import { compileCache, sweepCompileCache } from './compile-cache.ts';
import { parseGlobalOptions } from './global-options.ts';
import type { runProcess as run } from './process.ts';

/** The bundler's: a digest of the program's text, and how that is encoded. */
declare const PROGRAM_DIGEST: string;
declare const PROGRAM_ENCODING: 'latin1' | 'utf8';

/** Milliseconds: how long a cache of compiled functions is used before it is made anew. */
const FRESH = 60 * 60 * 1000;
const COMMAND = /^[a-z_][a-z_-]*$/;

interface Cache {
  readonly directory: string;
  readonly path: string;
  readonly data: Buffer | undefined;
  /** It is time to make another. */
  readonly old: boolean;
}

/**
 * Stands in the bundle for `process.ts`: runs the command line with the functions that the
 * same command needed last time already compiled. Node's own compile cache keeps what V8
 * compiles before anything runs, which leaves out nearly every function.
 */
export const runProcess: typeof run = async (argv, uid) => {
  const { dirname } = import.meta;
  const filename = `${dirname}/program.js`;
  const source = readFileSync(filename, PROGRAM_ENCODING);
  const cache = cacheOf(argv, uid);
  const script = new Script(source, {
    filename,
    ...(cache?.data && { cachedData: cache.data }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} as { readonly runProcess: typeof run } };
  const program = script.runInThisContext() as (...args: unknown[]) => void;
  program(module.exports, module, { dirname, filename, url: `file://${filename}` });
  const code = await module.exports.runProcess(argv, uid);
  if (code === 0 && cache && (cache.old || script.cachedDataRejected === true)) keep(cache, script);
  return code;
};

function cacheOf(argv: readonly string[], uid: number): Cache | undefined {
  const directory = compileCache(uid, process.env);
  const command = commandOf(argv);
  if (directory === undefined || command === undefined) return undefined;
  const path = `${directory}/${command}-${process.arch}-${PROGRAM_DIGEST}`;
  try {
    const { mtimeMs } = statSync(path);
    return {
      directory,
      path,
      data: readFileSync(path),
      old: Math.abs(Date.now() - mtimeMs) > FRESH,
    };
  } catch {
    return { directory, path, data: undefined, old: true };
  }
}

/** What is typed first; caches are kept for commands that succeeded, so there are not many. */
function commandOf(argv: readonly string[]): string | undefined {
  try {
    const [word = 'none'] = parseGlobalOptions(argv).rest;
    return COMMAND.test(word) ? word : undefined;
  } catch {
    // The program will say what is wrong.
    return undefined;
  }
}

/**
 * In one step: others may be starting. And on the disk before it is seen: V8 does not notice
 * that a part is missing, and crashes. Failing does no harm.
 */
function keep({ directory, path }: Cache, script: Script): void {
  try {
    const scratch = mkdtempSync(`${path}.`);
    try {
      writeFileSync(`${scratch}/new`, script.createCachedData(), { flush: true });
      renameSync(`${scratch}/new`, path);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
    sweepCompileCache(directory, PROGRAM_DIGEST, Date.now());
  } catch {
    // A full disk: it only was to be quick.
  }
}
