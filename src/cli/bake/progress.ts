import type { ProgressSink } from '../../base/progress.ts';

/** What one of several builds reports, with its name: `[app build 2/3] RUN make`, as buildx has it. */
export function namedSink(sink: ProgressSink, name: string): ProgressSink {
  return (event) => {
    if (event.type !== 'begin') return sink(event);
    const { title, parent } = event;
    if (title.startsWith('[')) return sink({ ...event, title: `[${name} ${title.slice(1)}` });
    sink(parent === undefined ? { ...event, title: `[${name}] ${title}` } : event);
  };
}
