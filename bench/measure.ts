import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** How one command went. */
export interface Sample {
  /** Seconds of wall clock. */
  readonly seconds: number;
  /** Bytes: the highest sum seen over the watched processes. 0 when nothing was watched. */
  readonly memory: number;
}

export interface Watch {
  /** Process trees that count besides the command's own: a daemon. */
  readonly also: readonly number[];
}

/** Parent of each process, and its resident bytes; processes of other PID namespaces are left out. */
function processes(): Map<number, { parent: number; resident: number }> {
  const own = readlinkSync('/proc/self/ns/pid');
  const found = new Map<number, { parent: number; resident: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (readlinkSync(`/proc/${name}/ns/pid`) !== own) continue;
      const status = readFileSync(`/proc/${name}/status`, 'latin1');
      const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0);
      const resident = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
      found.set(Number(name), { parent, resident });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

function residentOf(roots: readonly number[]): number {
  const all = processes();
  const isBelow = (pid: number): boolean => {
    for (let at = pid; at > 1; at = all.get(at)?.parent ?? 0) if (roots.includes(at)) return true;
    return false;
  };
  return [...all].reduce((sum, [pid, { resident }]) => (isBelow(pid) ? sum + resident : sum), 0);
}

/**
 * Runs a command and waits for it. A command that fails is an error of the benchmark: what fails is quick.
 * Memory is sampled every 25 ms, what runs inside containers excepted.
 */
export async function measure(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  watch?: Watch,
): Promise<Sample> {
  const [program = '', ...rest] = argv;
  const began = process.hrtime.bigint();
  const child = spawn(program, rest, { env, stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
  let said = '';
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (said = (said + text).slice(-4000)));
  let memory = 0;
  const look = (): void => {
    memory = Math.max(memory, residentOf([child.pid ?? 0, ...(watch?.also ?? [])]));
  };
  const timer = watch && setInterval(look, 25);
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 128));
  });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  clearInterval(timer);
  if (code !== 0) throw new Error(`exit ${code}: ${argv.join(' ')}\n${said}`);
  return { seconds, memory };
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? NaN;
  const high = sorted[Math.floor(middle)] ?? NaN;
  return (low + high) / 2;
}
