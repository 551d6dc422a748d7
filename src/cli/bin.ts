import { createRequire, enableCompileCache } from 'node:module';
import { findCommand } from './command-index.ts';
import { compileCache } from './compile-cache.ts';
import { parseGlobalOptions } from './global-options.ts';

/*
 * The entry. Start-up is a feature: what is imported above is all that every command needs,
 * the rest is loaded when its command is known.
 */
const argv = process.argv.slice(2);
const uid = process.getuid?.() ?? 0;

// Before anything that starts threads: they would keep looking at the old mounts.
if (mountsFor(argv)) enterPrivateMounts();

const cache = compileCache(uid, process.env);
if (cache !== undefined) enableCompileCache(cache);

const { runProcess } = await import('./process.ts');
process.exit(await runProcess(argv, uid));

function mountsFor(words: readonly string[]): boolean {
  try {
    return findCommand(parseGlobalOptions(words).rest)?.entry.mounts === true;
  } catch {
    // Worded where all errors are.
    return false;
  }
}

/** Loads the one module that does it in one synchronous stretch. */
function enterPrivateMounts(): void {
  const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const door = createRequire(import.meta.url)(`../engine/private-mounts.${suffix}`) as {
    enterPrivateMounts: typeof import('../engine/private-mounts.ts').enterPrivateMounts;
  };
  // Without the right to mount, the command says so itself, if it comes to that.
  door.enterPrivateMounts();
}
