import type { ProgressSink, TaskId } from '../../base/progress.ts';

/** Progress of what moves for an image, as parts of the task `parent`. */
export function layerProgress(sink: ProgressSink | undefined, parent: TaskId): ProgressSink {
  return (event) => sink?.(event.type === 'begin' ? { ...event, parent } : event);
}
