import type { ImageSummary } from '../engine/engine.ts';
import type { Field } from './listing.ts';
import { ago, goTimeWriter } from './times.ts';
import { humanSize, shortId } from './units.ts';

const NONE = '<none>';
/** What stands before an ID in `--format raw -q`. */
export const RAW_ID = 'image_id: ';

/** One row of `image ls`: an image under one of its names. */
export interface ImageRow {
  readonly image: ImageSummary;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

/**
 * A row per repository and tag; with `digests`, per tag and digest. Repositories that are
 * known by digest only have no tag; images without any name have one row.
 */
export function imageRows(
  images: readonly ImageSummary[],
  options: { readonly digests: boolean },
): ImageRow[] {
  return images.flatMap((image) => {
    const digests = new Map<string, string[]>();
    for (const name of image.digests) {
      const at = name.indexOf('@');
      const repository = name.slice(0, at);
      digests.set(repository, [...(digests.get(repository) ?? []), name.slice(at + 1)]);
    }
    const rows: ImageRow[] = [];
    const add = (repository: string, tag: string, known: readonly string[]): void => {
      const shown = options.digests && known.length > 0 ? known : [NONE];
      for (const digest of shown) rows.push({ image, repository, tag, digest });
    };
    const tagged = new Set<string>();
    for (const name of image.tags.toSorted()) {
      const { repository, tag } = splitTag(name);
      tagged.add(repository);
      add(repository, tag, digests.get(repository) ?? []);
    }
    for (const [repository, known] of digests) {
      if (!tagged.has(repository)) add(repository, NONE, known);
    }
    if (rows.length === 0) add(NONE, NONE, []);
    return rows;
  });
}

/** What rows may be sorted by. */
export const SORTS = ['created', 'id', 'repository', 'size', 'tag'] as const;

const COMPARE: Readonly<Record<(typeof SORTS)[number], (a: ImageRow, b: ImageRow) => number>> = {
  // Images without a creation time are as old as their stay here.
  created: (a, b) => madeAt(b).getTime() - madeAt(a).getTime(),
  id: (a, b) => compareText(a.image.id, b.image.id),
  repository: (a, b) => compareText(named(a.repository), named(b.repository)),
  size: (a, b) => a.image.size - b.image.size,
  tag: (a, b) => compareText(a.tag, b.tag),
};

/**
 * The rows in an order: the newest first, or the smallest first. Those that are equal are in
 * the order of their names, those without a name last.
 */
export function sorted(rows: readonly ImageRow[], by: (typeof SORTS)[number]): ImageRow[] {
  const orders = [by, 'repository', 'tag', 'id'] as const;
  return rows.toSorted((a, b) => {
    for (const order of orders) {
      const difference = COMPARE[order](a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

function madeAt({ image }: ImageRow): Date {
  return image.created ?? image.stored;
}

const named = (repository: string): string => (repository === NONE ? '~' : repository);

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The fields of such rows. */
export function imageFields(options: {
  readonly truncate: boolean;
  readonly now: Date;
}): readonly Field<ImageRow>[] {
  const { truncate, now } = options;
  const timeText = goTimeWriter();
  return [
    { key: 'Containers', title: 'CONTAINERS', value: ({ image }) => String(image.containers) },
    { key: 'CreatedAt', title: 'CREATED AT', value: (row) => timeText(madeAt(row)) },
    { key: 'CreatedSince', title: 'CREATED', value: (row) => ago(madeAt(row), now) },
    { key: 'Digest', title: 'DIGEST', value: ({ digest }) => digest },
    {
      key: 'ID',
      title: 'IMAGE ID',
      value: ({ image }) => (truncate ? shortId(image.id) : image.id),
    },
    { key: 'Repository', title: 'REPOSITORY', value: ({ repository }) => repository },
    { key: 'SharedSize', title: 'SHARED SIZE', value: () => 'N/A' },
    { key: 'Size', title: 'SIZE', value: ({ image }) => humanSize(image.size) },
    { key: 'Tag', title: 'TAG', value: ({ tag }) => tag },
    { key: 'UniqueSize', title: 'UNIQUE SIZE', value: () => 'N/A' },
    { key: 'VirtualSize', title: 'SIZE', value: ({ image }) => humanSize(image.size, 4) },
  ];
}

/** The block of `--format raw`. */
export function rawBlock(digests: boolean): string {
  return [
    'repository: {{.Repository}}',
    'tag: {{.Tag}}',
    ...(digests ? ['digest: {{.Digest}}'] : []),
    'image_id: {{.ID}}',
    'created_at: {{.CreatedAt}}',
    'virtual_size: {{.Size}}',
    '',
  ].join('\n');
}

function splitTag(name: string): { readonly repository: string; readonly tag: string } {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/')
    ? { repository: name.slice(0, colon), tag: name.slice(colon + 1) }
    : { repository: name, tag: NONE };
}
