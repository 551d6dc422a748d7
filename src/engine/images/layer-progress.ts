import type { ProgressSink, TaskId } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { childrenOf } from '../../transport/children.ts';

/** Progress of an image's layers as parts of the task `parent`; its config is too small to be told of. */
export function layerProgress(
  sink: ProgressSink | undefined,
  manifest: { readonly descriptor: Descriptor; readonly bytes: Uint8Array },
  parent: TaskId,
): ProgressSink {
  const [config] = childrenOf(manifest.descriptor, manifest.bytes);
  const quiet = new Set<TaskId>();
  return (event) => {
    if (event.type === 'begin' && event.title === config?.digest) quiet.add(event.id);
    if (event.id !== undefined && quiet.has(event.id)) return;
    sink?.(event.type === 'begin' ? { ...event, parent } : event);
  };
}
