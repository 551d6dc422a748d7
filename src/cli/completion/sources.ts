import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ContainerSummary } from '../../engine/container-types.ts';
import type { ImageSummary } from '../../engine/engine.ts';
import type { NetworkDetails } from '../../engine/network-types.ts';
import type { VolumeDetails } from '../../engine/volume-types.ts';
import type { Host } from '../command.ts';
import type { Output } from '../output.ts';
import { parseFlags } from '../parse-flags.ts';
import type { Candidate } from './candidates.ts';

/** More is not a Dockerfile that anyone wants completed. */
const MOST = 1 << 20;

/** What there is to name, asked for when it is needed. Failures mean that there is nothing. */
export interface Sources {
  images(): Promise<readonly ImageSummary[]>;
  containers(): Promise<readonly ContainerSummary[]>;
  networks(): Promise<readonly NetworkDetails[]>;
  volumes(): Promise<readonly VolumeDetails[]>;
  /** The stages of a Dockerfile: the first of these files that can be read. */
  stages(files: readonly string[]): readonly Candidate[];
  /** What bake files define; `flags` say which ones, as for `bake`. */
  targets(flags: readonly string[]): Promise<readonly Candidate[]>;
}

/** Reads the store that `root` or else the environment names; makes none, and asks no registry. */
export function sourcesOf(host: Host, root: string | undefined): Sources {
  return {
    images: () =>
      quietly(async () => {
        const { images } = await host.engine({ root, mustExist: true });
        return await images.list({ all: true });
      }),
    containers: () =>
      quietly(async () => {
        const { containers } = await host.engine({ root, mustExist: true });
        return await containers.list({ all: true });
      }),
    volumes: () =>
      quietly(async () => {
        const { volumes } = await host.engine({ root, mustExist: true });
        return await volumes.list();
      }),
    networks: () =>
      quietly(async () => {
        const { networks } = await host.engine({ root, mustExist: true });
        return await networks.list();
      }),
    stages: (files) => {
      for (const file of files) {
        const text = smallFile(resolve(host.cwd, file));
        if (text !== undefined) return stagesOf(text);
      }
      return [];
    },
    targets: (flags) => quietly(() => bakeTargets(flags, host)),
  };
}

async function quietly<T>(ask: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await ask();
  } catch {
    // No store, no right to read it, a file that is being written: nothing to offer.
    return [];
  }
}

function smallFile(path: string): string | undefined {
  let fd: number;
  try {
    // A pipe would make the shell wait.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    if (!fstatSync(fd).isFile()) return undefined;
    const bytes = Buffer.alloc(MOST);
    return bytes.toString('utf8', 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}

function stagesOf(dockerfile: string): Candidate[] {
  const lines = dockerfile.matchAll(/^[ \t]*FROM[ \t]+(.+?)[ \t]+AS[ \t]+([\w.-]+)[ \t\r]*$/gim);
  return [...lines].map(([, base = '', word = '']) => ({ word, about: `FROM ${base}` }));
}

/** Asks `bake --list` itself, so that files, variables and variants mean what they mean there. */
async function bakeTargets(flags: readonly string[], host: Host): Promise<Candidate[]> {
  const { buildxBake } = await import('../commands/buildx-bake.ts');
  type Typed = Parameters<typeof buildxBake.run>[0];
  const parsed = parseFlags(flags, buildxBake.flags);
  let text = '';
  const silent: Output = { terminal: false, write() {}, line() {}, raw() {} };
  await buildxBake.run({
    ...host,
    stdin: { ...host.stdin, bytes: async function* () {} },
    stdout: { ...silent, write: (more) => void (text += more) },
    stderr: silent,
    operands: [],
    flags: { ...(parsed.flags as Typed['flags']), list: 'type=targets,format=json' },
    typed: parsed.typed,
    complain: () => {},
  });
  const rows = JSON.parse(text) as readonly { name: string; description?: string }[];
  return rows.map(({ name, description }) => ({ word: name, about: description ?? '' }));
}
