import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** How one command went. */
export interface Sample {
  /** Seconds of wall clock. */
  readonly seconds: number;
  /** Seconds of processor time, that of daemons included. */
  readonly cpu: number;
  /** Bytes: the highest sum seen over the watched processes. 0 when nothing was watched. */
  readonly memory: number;
}

export interface Watch {
  /** Process trees that count besides the command's own: a daemon. */
  readonly also: readonly number[];
  /** Look at memory, too: that takes time of its own. */
  readonly memory: boolean;
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

/** Ticks of the kernel's clock in a second, as /proc counts. */
const TICKS = 100;

/** Processor time in ticks: what these trees have used so far, and what our own ended children have. */
function ticksOf(roots: readonly number[]): number {
  const fields = (pid: number | 'self'): number[] => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      // Behind the name: own user and system time, then that of children that were waited for.
      return stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 15)
        .map(Number);
    } catch {
      // It ended while we looked; its parent has its time now.
      return [];
    }
  };
  const ended = fields('self').slice(2);
  const live = (roots.length === 0 ? [] : treesOf(roots)).flatMap(fields);
  return [...ended, ...live].reduce((sum, ticks) => sum + ticks, 0);
}

function treesOf(roots: readonly number[], all = processes()): number[] {
  const isBelow = (pid: number): boolean => {
    for (let at = pid; at > 1; at = all.get(at)?.parent ?? 0) if (roots.includes(at)) return true;
    return false;
  };
  return [...all.keys()].filter(isBelow);
}

function residentOf(roots: readonly number[]): number {
  const all = processes();
  return treesOf(roots, all).reduce((sum, pid) => sum + (all.get(pid)?.resident ?? 0), 0);
}

/**
 * Runs a command and waits for it. A command that fails is an error of the benchmark: what fails is quick.
 * Memory is sampled every 25 ms, what runs inside containers excepted.
 */
export async function measure(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  watch: Watch,
): Promise<Sample> {
  const [program = '', ...rest] = argv;
  const before = ticksOf(watch.also);
  const began = process.hrtime.bigint();
  const child = spawn(program, rest, { env, stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
  let said = '';
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (said = (said + text).slice(-4000)));
  let memory = 0;
  const look = (): void => {
    memory = Math.max(memory, residentOf([child.pid ?? 0, ...watch.also]));
  };
  const timer = watch.memory ? setInterval(look, 25) : undefined;
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 128));
  });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  clearInterval(timer);
  if (code !== 0) throw new Error(`exit ${code}: ${argv.join(' ')}\n${said}`);
  return { seconds, cpu: (ticksOf(watch.also) - before) / TICKS, memory };
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? NaN;
  const high = sorted[Math.floor(middle)] ?? NaN;
  return (low + high) / 2;
}
