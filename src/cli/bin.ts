import { enableCompileCache } from 'node:module';
import { compileCache } from './compile-cache.ts';

/*
 * The entry. Start-up is a feature: what is imported above is all that every command needs,
 * the rest is loaded when its command is known.
 */
const uid = process.getuid?.() ?? 0;
const cache = compileCache(uid, process.env);
if (cache !== undefined) enableCompileCache(cache);

const { runProcess } = await import('./process.ts');
process.exit(await runProcess(process.argv.slice(2), uid));
