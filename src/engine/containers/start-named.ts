import type { CallOptions } from '../../base/progress.ts';
import type { OutputSink } from '../../monitor/attachment.ts';
import type { ContainerSession } from '../container-types.ts';
import { findContainer } from './find.ts';
import type { ContainerParts } from './parts.ts';
import { isUp } from './record.ts';
import { attachContainer, sessionOf } from './session.ts';
import { startContainer } from './start.ts';

/**
 * Starts a container by its name; one that runs stays as it is. With a sink its streams are had.
 * Throws ContainerNotFoundError, and what starting throws.
 */
export async function startNamed(
  parts: ContainerParts,
  name: string,
  options: CallOptions & { readonly attach?: OutputSink } = {},
): Promise<ContainerSession | undefined> {
  const { id, state } = findContainer(parts.store, name);
  const { attach } = options;
  if (isUp(state)) return attach && attachContainer(parts, id, attach);
  const started = await startContainer(parts, id, {
    ...options,
    ...(attach && { stay: true, inputOnce: true }),
  });
  const { attachment } = started;
  if (attachment) return sessionOf(parts, id, { ...started, attachment });
  started.leave();
  return undefined;
}
