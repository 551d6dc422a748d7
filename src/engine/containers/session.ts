import { join } from 'node:path';
import { attachTo, type Attachment, type OutputSink } from '../../monitor/attachment.ts';
import { resizeTerminal } from '../../monitor/resize.ts';
import type { ContainerSession } from '../container-types.ts';
import { noteEnd, release, waitForEnd } from './end.ts';
import { ContainerConflictError } from './errors.ts';
import { findContainer } from './find.ts';
import { killContainer } from './kill.ts';
import { containerPaths } from './layout.ts';
import { isNetworked } from './network-kind.ts';
import type { ContainerParts } from './parts.ts';
import { isUp, toRow, type Container } from './record.ts';
import { removeContainer } from './reap.ts';
import type { Started } from './start.ts';
import { releaseNetworks } from '../networks/release.ts';
import { tell } from './tell.ts';

/** Of one that was removed meanwhile. */
const KILLED = 137;

/** The streams of a container that this process has just started. */
export function sessionOf(
  parts: ContainerParts,
  id: string,
  started: Started & { readonly attachment: Attachment },
): ContainerSession {
  const { attachment, gone } = started;
  const { store } = parts;
  const container = findContainer(store, id);
  let left = false;
  const end = async (): Promise<number> => {
    await Promise.all([attachment.ended, gone]);
    if (left) return 0;
    // Conmon lets go of us a moment before it writes the exit code.
    await waitForEnd(store, id);
    const ended = noteEnd(store, id);
    // The monitor leaves that to us, since we were waiting.
    if (ended?.state === 'exited') await tidy(parts, ended);
    if (ended?.record.remove === true && !isUp(ended.state))
      removeContainer(store, id, { volumes: true });
    return ended?.record.exitCode ?? KILLED;
  };
  return {
    ...controls(parts, container, attachment),
    id,
    ended: end(),
    [Symbol.dispose]() {
      left = true;
      attachment[Symbol.dispose]();
      started.leave();
    },
  };
}

/**
 * Connects to a container that runs. Throws ContainerNotFoundError, ContainerConflictError,
 * MonitorGoneError.
 */
export function attachContainer(
  parts: ContainerParts,
  name: string,
  sink: OutputSink,
): ContainerSession {
  const { store, clock } = parts;
  const container = findContainer(store, name);
  const { id } = container;
  if (container.state === 'paused') {
    throw new ContainerConflictError('You cannot attach to a paused container, unpause it first');
  }
  if (!isUp(container.state)) {
    throw new ContainerConflictError('You cannot attach to a stopped container, start it first');
  }
  const { bundle } = containerPaths(store.paths.containers, id);
  const attachment = attachTo(join(bundle, 'attach'), sink);
  store.note((tables) => tell(tables, 'attach', toRow(container), clock.now().getTime()));
  const stop = new AbortController();
  const end = async (): Promise<number> => {
    await attachment.ended;
    try {
      const ended = await waitForEnd(store, id, { signal: stop.signal });
      noteEnd(store, id);
      return ended?.record.exitCode ?? KILLED;
    } catch (error) {
      if (stop.signal.aborted) return 0;
      throw error;
    }
  };
  return {
    ...controls(parts, container, attachment),
    id,
    ended: end(),
    [Symbol.dispose]() {
      stop.abort();
      attachment[Symbol.dispose]();
    },
  };
}

function controls(
  { store, clock }: ContainerParts,
  { id, record }: Container,
  attachment: Attachment,
): Pick<ContainerSession, 'terminal' | 'interactive' | 'send' | 'endInput' | 'resize' | 'kill'> {
  const { bundle } = containerPaths(store.paths.containers, id);
  return {
    terminal: record.settings.terminal === true,
    interactive: record.settings.interactive === true,
    send: (chunk) => attachment.send(chunk),
    endInput: () => attachment.endInput(),
    resize: (size) => resizeTerminal(bundle, size),
    kill: (signal) => killContainer({ store, clock }, id, signal),
  };
}

async function tidy({ store }: ContainerParts, { id, record }: Container): Promise<void> {
  await releaseNetworks(store, id);
  if (isNetworked(record.settings)) release(store, id, record.settings.cgroupParent);
}
