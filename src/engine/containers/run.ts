import { rmSync } from 'node:fs';
import type { OutputSink } from '../../monitor/attachment.ts';
import type { ContainerSession, CreateOptions } from '../container-types.ts';
import type { CreateRequest } from '../create-request.ts';
import { createContainer, startError } from './create.ts';
import type { ContainerParts } from './parts.ts';
import { watching } from '../recording/watched.ts';
import { removeContainer } from './reap.ts';
import { sessionOf } from './session.ts';
import { startContainer } from './start.ts';

/**
 * Makes a container and starts it. With a sink, its streams are had from the first word on;
 * otherwise it runs in the background. What cannot be started leaves nothing. Errors of the
 * engine have exit code 125.
 */
export async function runContainer(
  parts: ContainerParts,
  request: CreateRequest,
  options: CreateOptions & { readonly attach?: OutputSink },
): Promise<{ readonly id: string; readonly session?: ContainerSession }> {
  const { id } = await createContainer(parts, request, { ...options, starting: true });
  const { attach } = options;
  try {
    const progress = options.progress && { progress: options.progress };
    if (!attach) {
      (await startContainer(parts, id, { ...progress })).leave();
      return { id };
    }
    const session = await watching(parts.store, id, async () => {
      const started = await startContainer(parts, id, {
        ...progress,
        attach,
        stay: true,
        inputOnce: true,
      });
      const { attachment } = started;
      if (attachment) return sessionOf(parts, id, { ...started, attachment });
      started.leave();
      return undefined;
    });
    return { id, ...(session && { session }) };
  } catch (error) {
    removeContainer(parts.store, id, { volumes: true });
    if (request.cidfile !== undefined) rmSync(request.cidfile, { force: true });
    throw startError(error);
  }
}
