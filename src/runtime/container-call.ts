import { spawn } from 'node:child_process';

const SAID_LIMIT = 64 * 1024;

/**
 * Calls a runtime with a verb. Returns what it complained about, or undefined when it did what
 * it was told.
 */
export async function runtimeCall(
  runtime: readonly string[],
  words: readonly string[],
): Promise<string | undefined> {
  const [program = '', ...args] = runtime;
  const child = spawn(program, [...args, ...words], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (said.length < SAID_LIMIT) said += chunk.toString('utf8');
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return code === 0 ? undefined : said.trim() || `${program} ended with ${code ?? 'a signal'}`;
}
