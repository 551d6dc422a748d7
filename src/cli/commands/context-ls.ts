import type { ContextEntry, ContextListing } from '../../engine/context-types.ts';
import { command } from '../command.ts';
import { CONTEXT_FLAGS, contextRequest } from '../context-request.ts';
import { flag } from '../flags.ts';
import { writeListing, type Field } from '../listing.ts';
import type { Output } from '../output.ts';
import { humanSize } from '../units.ts';

/** Unused files that are named without being asked for. */
const NAMED = 5;

/** `context ls`. */
export const contextLs = command({
  usage: '[OPTIONS] [PATH]',
  operands: [0, 1],
  flags: {
    ...CONTEXT_FLAGS,
    'by-size': flag.toggle('Largest first'),
    format: flag.text(
      'string',
      "Form of the output: 'table', 'table TEMPLATE', 'json' or a Go template",
    ),
    ignored: flag.toggle('Only what rules keep out, with the rules'),
    tree: flag.toggle('As a tree, directories with the size of what they hold'),
    unused: flag.toggle('Only files that no COPY, ADD or mount takes, largest first'),
  },
  examples: [
    ['What a build can see', 'stave context ls'],
    ['What makes it large', 'stave context ls --by-size'],
    ['What is kept out, and why', 'stave context ls --ignored'],
    ['What need not be in it', 'stave context ls --unused'],
  ],

  async run(context) {
    const { flags, operands, stdout, stderr, signal } = context;
    const request = contextRequest(context, flags, operands[0] ?? '.');
    const { contexts } = await context.engine();
    const listing = await contexts.list(request, { signal, ignored: flags.ignored });
    const entries = chosen(listing, flags);
    if (flags.tree) writeTree(stdout, entries, flags['by-size']);
    else {
      await writeListing(
        context,
        {
          rows: entries,
          fields: FIELDS,
          type: '*formatter.contextContext',
          columns: flags.ignored ? ['Size', 'Path', 'Rule'] : ['Size', 'Path'],
        },
        flags.format ?? 'table',
      );
    }
    if (!flags.ignored && !flags.unused) warnOfUnused(stderr, listing);
  },
});

const FIELDS: readonly Field<ContextEntry>[] = [
  { key: 'Bytes', title: 'BYTES', value: ({ size }) => String(size) },
  { key: 'Kind', title: 'KIND', value: ({ kind }) => kind },
  { key: 'Path', title: 'PATH', value: ({ path, kind }) => shown(path, kind) },
  {
    key: 'Rule',
    title: 'IGNORED BY',
    value: ({ ignored }) => (ignored ? `${ignored.file}:${ignored.line} (${ignored.pattern})` : ''),
  },
  {
    key: 'Size',
    title: 'SIZE',
    value: ({ kind, size }) => (kind === 'file' ? humanSize(size) : '-'),
  },
  { key: 'UsedBy', title: 'USED BY', value: ({ usedBy }) => usedBy.join(', ') },
];

function chosen(
  listing: ContextListing,
  flags: { readonly ignored: boolean; readonly unused: boolean; readonly 'by-size': boolean },
): readonly ContextEntry[] {
  const { entries } = listing;
  if (flags.ignored) return entries.filter(({ ignored }) => ignored !== undefined);
  if (flags.unused) return unusedOf(listing);
  return flags['by-size'] ? entries.toSorted((a, b) => b.size - a.size) : entries;
}

/** Files that nothing takes, largest first; the build's own files are read otherwise. */
function unusedOf({ entries, dockerfile }: ContextListing): readonly ContextEntry[] {
  if (dockerfile === undefined) return [];
  return entries
    .filter(
      ({ path, kind, usedBy }) =>
        kind !== 'directory' &&
        usedBy.length === 0 &&
        path !== dockerfile &&
        !path.endsWith('.dockerignore'),
    )
    .toSorted((a, b) => b.size - a.size);
}

function warnOfUnused(stderr: Output, listing: ContextListing): void {
  const unused = unusedOf(listing);
  if (unused.length === 0) return;
  const size = unused.reduce((sum, one) => sum + one.size, 0);
  const named = unused.slice(0, NAMED).map((one) => `${one.path} (${humanSize(one.size)})`);
  const rest = unused.length - named.length;
  const files = `${unused.length} file${unused.length === 1 ? '' : 's'}`;
  stderr.line(
    `WARNING: ${files} (${humanSize(size)}) in the context that ${listing.dockerfile ?? ''} never takes: ` +
      `${named.join(', ')}${rest > 0 ? ` and ${rest} more (--unused lists them)` : ''}`,
  );
}

interface Node {
  size: number;
  entry: ContextEntry | undefined;
  readonly children: Map<string, Node>;
}

function writeTree(stdout: Output, entries: readonly ContextEntry[], bySize: boolean): void {
  const root: Node = { size: 0, entry: undefined, children: new Map() };
  for (const entry of entries) {
    let at = root;
    at.size += entry.size;
    for (const name of entry.path.split('/')) {
      let next = at.children.get(name);
      if (!next) at.children.set(name, (next = { size: 0, entry: undefined, children: new Map() }));
      next.size += entry.size;
      at = next;
    }
    at.entry = entry;
  }
  stdout.line(`.  ${humanSize(root.size)}`);
  writeBranches(stdout, root, '', bySize);
}

function writeBranches(stdout: Output, node: Node, indent: string, bySize: boolean): void {
  const children = [...node.children].sort(([a, x], [b, y]) =>
    bySize && x.size !== y.size ? y.size - x.size : a < b ? -1 : 1,
  );
  for (const [index, [name, child]] of children.entries()) {
    const last = index === children.length - 1;
    const isDirectory = child.entry === undefined || child.entry.kind === 'directory';
    const rule = child.entry?.ignored;
    const why = rule ? `  ${rule.file}:${rule.line} (${rule.pattern})` : '';
    stdout.line(
      `${indent}${last ? '└── ' : '├── '}${name}${isDirectory ? '/' : ''}  ${humanSize(child.size)}${why}`,
    );
    writeBranches(stdout, child, `${indent}${last ? '    ' : '│   '}`, bySize);
  }
}

function shown(path: string, kind: ContextEntry['kind']): string {
  return kind === 'directory' ? `${path}/` : path;
}
