import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import { controllerDirectory, groupPath } from '../../runtime/groups.ts';
import { cgroupLayout, type CgroupLayout } from '../../runtime/host.ts';
import type { Store } from '../../store/store.ts';
import type { ContainerUse } from '../container-types.ts';
import { findContainer } from './find.ts';
import { isUp } from './record.ts';

const MICROSECOND = 1000;

/** What containers use now; all is 0 of one that does not run. Throws ContainerNotFoundError. */
export function containersUse(store: Store, names: readonly string[]): ContainerUse[] {
  const layout = cgroupLayout();
  return names.map((name) => {
    const { id, name: known, state, record } = findContainer(store, name);
    const at = Number(process.hrtime.bigint());
    if (!isUp(state) || !record.process) return { ...NOTHING, id, name: known, at };
    const path = groupPath(store.id, id, record.settings.cgroupParent);
    const shown = layout.version === 'v2' ? useInV2(layout, path) : useInV1(layout, path);
    const { received, sent } = networkUse(record.process.pid);
    return { id, name: known, at, ...shown, received, sent };
  });
}

const NOTHING = {
  cpu: 0,
  memory: 0,
  memoryLimit: 0,
  received: 0,
  sent: 0,
  read: 0,
  written: 0,
  processes: 0,
};

type GroupUse = Pick<
  ContainerUse,
  'cpu' | 'memory' | 'memoryLimit' | 'read' | 'written' | 'processes'
>;

/** @see https://docs.kernel.org/admin-guide/cgroup-v1/index.html */
function useInV1(layout: CgroupLayout, path: string): GroupUse {
  const file = (controller: string, name: string): string =>
    textOf(controllerDirectory(layout, controller, path), name);
  const blocks = file('blkio', 'blkio.throttle.io_service_bytes');
  const cache = numberIn(file('memory', 'memory.stat'), 'total_inactive_file');
  return {
    cpu: Number(file('cpuacct', 'cpuacct.usage')),
    memory: Math.max(0, Number(file('memory', 'memory.usage_in_bytes')) - cache),
    memoryLimit: limited(Number(file('memory', 'memory.limit_in_bytes'))),
    read: sum(blocks, /^\S+ Read (\d+)$/gm),
    written: sum(blocks, /^\S+ Write (\d+)$/gm),
    processes: Number(file('pids', 'pids.current')),
  };
}

/** @see https://docs.kernel.org/admin-guide/cgroup-v2.html */
function useInV2(layout: CgroupLayout, path: string): GroupUse {
  const directory = controllerDirectory(layout, '', path);
  const blocks = textOf(directory, 'io.stat');
  const cache = numberIn(textOf(directory, 'memory.stat'), 'inactive_file');
  return {
    cpu: numberIn(textOf(directory, 'cpu.stat'), 'usage_usec') * MICROSECOND,
    memory: Math.max(0, Number(textOf(directory, 'memory.current')) - cache),
    memoryLimit: limited(Number(textOf(directory, 'memory.max'))),
    read: sum(blocks, /\brbytes=(\d+)/g),
    written: sum(blocks, /\bwbytes=(\d+)/g),
    processes: Number(textOf(directory, 'pids.current')),
  };
}

/** `max`, and what is more than there is, is no limit. */
function limited(limit: number): number {
  const whole = totalmem();
  return Number.isNaN(limit) || limit <= 0 ? whole : Math.min(limit, whole);
}

function networkUse(pid: number): { readonly received: number; readonly sent: number } {
  let [received, sent] = [0, 0];
  for (const line of textOf(`/proc/${pid}/net`, 'dev').split('\n')) {
    const [, name, numbers = ''] = /^\s*([^:]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || name === 'lo') continue;
    const fields = numbers.split(/\s+/).map(Number);
    received += fields[0] ?? 0;
    sent += fields[8] ?? 0;
  }
  return { received, sent };
}

function textOf(directory: string | undefined, name: string): string {
  if (directory === undefined) return '';
  try {
    return readFileSync(join(directory, name), 'latin1').trim();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV', 'EINVAL', 'ESRCH')) return '';
    throw error;
  }
}

function numberIn(text: string, key: string): number {
  return Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

function sum(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((total, [, digits]) => total + Number(digits), 0);
}
