import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Executor, MountSpec, ProcessSpec } from '../../runtime/executor.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import type { RunFailedError } from '../errors.ts';

/** What a RUN left when its command failed. */
export interface FailedStep {
  /** What went wrong, in one line. */
  readonly message: string;
  /** The shell that would be opened; undefined where the image has none. */
  readonly shell: string | undefined;
  /**
   * Opens it on this process's terminal, in the state that the command left, and returns when
   * it has ended. Nothing of what is done there is kept. `term` is the kind of terminal.
   */
  readonly open: (term: string | undefined) => Promise<void>;
}

/** Is told of a failed RUN before everything it left is removed. */
export type OnFailure = (step: FailedStep) => Promise<void>;

/** The container of a failed RUN. */
interface Remains {
  readonly spec: ProcessSpec;
  readonly view: StackView;
  readonly scratch: string;
  readonly executor: Executor;
}

const SHELLS = ['/bin/sh', '/bin/bash', '/bin/ash', '/busybox/sh'];

/** Lets somebody look at what a failed RUN left behind: same root, user, environment, mounts. */
export async function offerShell(
  remains: Remains,
  failure: RunFailedError,
  failed: { readonly tell: OnFailure; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const { spec } = remains;
  const shell = shellOf(remains);
  await failed.tell({
    message: failure.message,
    shell,
    async open(term) {
      if (shell === undefined) return;
      const named = spec.env.some((entry) => entry.startsWith('TERM='));
      await remains.executor.run(
        {
          ...spec,
          id: `${spec.id}-shell`,
          root: { ...spec.root, work: freshWork(remains, 'root') },
          mounts: spec.mounts.map((mount, index) => again(mount, index, remains)),
          argv: [shell],
          env: [...spec.env, ...(named || term === undefined ? [] : [`TERM=${term}`])],
          terminal: true,
          stdin: true,
        },
        'inherit',
        failed.signal ? { signal: failed.signal } : {},
      );
    },
  });
}

/** overlayfs lets a volatile work directory be used once. */
function freshWork({ scratch }: Remains, name: string): string {
  const work = join(scratch, `shell-work-${name}`);
  mkdirSync(work, { recursive: true });
  return work;
}

function again(mount: MountSpec, index: number, remains: Remains): MountSpec {
  if (mount.type !== 'prepared' || mount.source.kind !== 'overlay') return mount;
  const { overlay } = mount.source;
  if (overlay.work === undefined) return mount;
  const work = freshWork(remains, String(index));
  return { ...mount, source: { ...mount.source, overlay: { ...overlay, work } } };
}

/** The shell that ran the command, where one did; else one that is there. */
function shellOf({ spec, view }: Remains): string | undefined {
  const [first = '', option = ''] = spec.argv;
  const own = first.startsWith('/') && option.startsWith('-') ? [first] : [];
  return [...own, ...SHELLS].find(
    (path) =>
      lstatSync(join(spec.root.upper, path), { throwIfNoEntry: false }) !== undefined ||
      view.find(path) !== undefined,
  );
}
