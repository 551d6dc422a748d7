import type { ProgressEvent, ProgressSink, TaskId } from '../../base/progress.ts';

/** One display for several builds: their tasks get numbers of their own, and the name of the build. */
export function sharedSink(sink: ProgressSink): (name: string) => ProgressSink {
  let last = 0;
  return (name) => {
    const ids = new Map<TaskId, TaskId>();
    const own = (id: TaskId): TaskId => {
      const known = ids.get(id);
      if (known !== undefined) return known;
      last += 1;
      ids.set(id, last as TaskId);
      return last as TaskId;
    };
    return (event) => sink({ ...renamed(event, own, name), at: event.at });
  };
}

function renamed(event: ProgressEvent, own: (id: TaskId) => TaskId, name: string): ProgressEvent {
  if (event.type === 'warning') {
    return { ...event, ...(event.id !== undefined && { id: own(event.id) }) };
  }
  if (event.type !== 'begin') return { ...event, id: own(event.id) };
  const { parent, title } = event;
  return {
    ...event,
    id: own(event.id),
    ...(parent !== undefined && { parent: own(parent) }),
    // As buildx has it: [app build 2/3] RUN make.
    title: title.startsWith('[')
      ? `[${name} ${title.slice(1)}`
      : parent === undefined
        ? `[${name}] ${title}`
        : title,
  };
}
