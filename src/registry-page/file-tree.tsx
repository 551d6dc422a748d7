import { useRef, useState } from 'preact/hooks';
import type { FilePage, FileRow } from '../registry-server/page/api-types.ts';
import { all, ask } from './api.ts';
import { useDelayed } from './delayed.ts';
import { bytes, count, shown } from './format.ts';
import { asRefusal, useLoad } from './load.ts';
import { Problem, Search } from './parts.tsx';
import { say } from './say.ts';

const ROOT = 0;

/** What is known of a directory. */
interface Directory {
  readonly files: readonly FileRow[];
  readonly next: number | undefined;
}

/** A line of the tree: an entry, or what leads to more entries of a directory. */
type Line =
  | {
      readonly kind: 'entry';
      readonly row: FileRow;
      readonly level: number;
      readonly place: number;
      readonly of: number;
    }
  | { readonly kind: 'more'; readonly directory: number; readonly level: number };

/** The files of a layer, directory by directory, and what a search finds in them. */
export function FileTree({ name, layer }: { readonly name: string; readonly layer: string }) {
  const [typed, setTyped] = useState('');
  const search = useDelayed(typed.trim(), 250);
  const { data, error } = useLoad(layer, () => files(name, layer, { dir: ROOT }));
  if (error) return <Problem error={error} />;
  if (!data) return <p class="wait">Reading the layer…</p>;
  return (
    <div class="files">
      <div class="tools">
        <h4>Files</h4>
        <span class="note">
          {data.entries === 0 ? 'none' : count(data.entries, 'entry').replace('entrys', 'entries')}
        </span>
        <Search label="Search files" value={typed} onInput={setTyped} />
      </div>
      {data.cut !== undefined && <p class="note">{shown(data.cut)}</p>}
      {search === '' ? (
        <Tree name={name} layer={layer} root={data} />
      ) : (
        <Found name={name} layer={layer} search={search} />
      )}
    </div>
  );
}

function files(
  name: string,
  layer: string,
  query: { readonly dir?: number; readonly from?: number; readonly q?: string },
): Promise<FilePage> {
  const text = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  );
  return ask<FilePage>(`/api/files/${name}/${layer}?${text.toString()}`, all(name));
}

function Found({
  name,
  layer,
  search,
}: {
  readonly name: string;
  readonly layer: string;
  readonly search: string;
}) {
  const { data, error } = useLoad(`${layer} ${search}`, () => files(name, layer, { q: search }));
  if (error) return <Problem error={error} />;
  if (!data) return <p class="wait">Searching…</p>;
  return (
    <>
      <p class="note" role="status">
        {data.total === 0 ? 'No file is called so.' : `${data.total.toLocaleString('en')} found`}
        {data.total > data.files.length && `, the first ${data.files.length} shown`}
      </p>
      <ul class="found">
        {data.files.map((row) => (
          <li key={row.id}>
            <Entry row={row} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Tree({
  name,
  layer,
  root,
}: {
  readonly name: string;
  readonly layer: string;
  readonly root: FilePage;
}) {
  const [known, setKnown] = useState<ReadonlyMap<number, Directory>>(
    new Map([[ROOT, { files: root.files, next: root.next }]]),
  );
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [current, setCurrent] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const lines = linesOf(known, open, ROOT, 1);
  const focused = Math.min(current, lines.length - 1);

  const fetchMore = async (dir: number): Promise<void> => {
    const before = known.get(dir)?.files ?? [];
    try {
      const page = await files(name, layer, { dir, from: before.length });
      setKnown((now) =>
        new Map(now).set(dir, { files: [...before, ...page.files], next: page.next }),
      );
    } catch (error) {
      say(asRefusal(error).message);
    }
  };
  const toggle = (row: FileRow): void => {
    const isOpen = open.has(row.id);
    setOpen((now) => {
      const next = new Set(now);
      if (isOpen) next.delete(row.id);
      else next.add(row.id);
      return next;
    });
    if (!isOpen && !known.has(row.id)) void fetchMore(row.id);
  };
  const act = (line: Line | undefined): void => {
    if (line?.kind === 'more') void fetchMore(line.directory);
    else if (line?.row.kind === 'directory') toggle(line.row);
  };
  const go = (to: number): void => {
    const at = Math.max(0, Math.min(to, lines.length - 1));
    setCurrent(at);
    box.current?.querySelector<HTMLElement>(`[data-line="${at}"]`)?.focus();
  };
  const press = (event: KeyboardEvent): void => {
    const line = lines[focused];
    const row = line?.kind === 'entry' && line.row.kind === 'directory' ? line.row : undefined;
    const isOpen = row !== undefined && open.has(row.id);
    switch (event.key) {
      case 'ArrowDown':
        go(focused + 1);
        break;
      case 'ArrowUp':
        go(focused - 1);
        break;
      case 'Home':
        go(0);
        break;
      case 'End':
        go(lines.length - 1);
        break;
      case 'ArrowRight':
        if (row && !isOpen) toggle(row);
        else if (isOpen) go(focused + 1);
        break;
      case 'ArrowLeft':
        if (row && isOpen) toggle(row);
        else go(parentOf(lines, focused));
        break;
      case 'Enter':
      case ' ':
        act(line);
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  if (lines.length === 0) return <p class="note">There is no file in this layer.</p>;
  return (
    <div ref={box} class="tree" role="tree" aria-label="Files of the layer" onKeyDown={press}>
      {lines.map((line, at) => (
        <div
          key={line.kind === 'entry' ? line.row.id : `more ${line.directory}`}
          role="treeitem"
          data-line={at}
          class={`line ${line.kind}`}
          style={{ paddingInlineStart: `${Math.min(line.level, 24) * 14}px` }}
          tabIndex={at === focused ? 0 : -1}
          aria-level={line.level}
          aria-selected={at === focused}
          {...(line.kind === 'entry' && { 'aria-posinset': line.place, 'aria-setsize': line.of })}
          {...(line.kind === 'entry' &&
            line.row.kind === 'directory' && { 'aria-expanded': open.has(line.row.id) })}
          onFocus={() => setCurrent(at)}
          onClick={() => act(line)}
        >
          {line.kind === 'more' ? (
            <span class="name">more…</span>
          ) : (
            <Entry row={line.row} isOpen={open.has(line.row.id)} />
          )}
        </div>
      ))}
    </div>
  );
}

function linesOf(
  known: ReadonlyMap<number, Directory>,
  open: ReadonlySet<number>,
  directory: number,
  level: number,
): readonly Line[] {
  const { files: rows = [], next } = known.get(directory) ?? {};
  return [
    ...rows.flatMap((row, at): readonly Line[] => [
      { kind: 'entry', row, level, place: at + 1, of: rows.length },
      ...(open.has(row.id) ? linesOf(known, open, row.id, level + 1) : []),
    ]),
    ...(next === undefined ? [] : [{ kind: 'more' as const, directory, level }]),
  ];
}

function parentOf(lines: readonly Line[], at: number): number {
  const level = lines[at]?.level ?? 1;
  for (let above = at - 1; above >= 0; above -= 1) {
    if ((lines[above]?.level ?? 0) < level) return above;
  }
  return at;
}

function Entry({
  row,
  isOpen,
}: {
  readonly row: FileRow;
  /** Undefined where it cannot be opened. */
  readonly isOpen?: boolean;
}) {
  const isDirectory = row.kind === 'directory';
  const sign = isDirectory && isOpen !== undefined ? (isOpen ? '▾' : '▸') : '';
  return (
    <>
      <span class="sign" aria-hidden="true">
        {sign}
      </span>
      <span class={`name ${row.kind}`}>
        {shown(row.name)}
        {isDirectory && '/'}
        {row.link !== undefined && <span class="dim"> → {shown(row.link)}</span>}
        {row.kind === 'whiteout' && <span class="chip warm">removed</span>}
        {row.isOpaque === true && <span class="chip warm">hides what was there</span>}
      </span>
      <span class="aside">
        <code class="mode">{row.kind === 'whiteout' ? '' : row.mode}</code>
        <span class="number">
          {row.kind === 'file' || isDirectory
            ? bytes(row.size)
            : row.kind === 'whiteout'
              ? ''
              : row.kind}
        </span>
      </span>
    </>
  );
}
