import type {
  CacheEntry,
  ContainerUsage,
  DiskUsage,
  HeldSpace,
  ImageUsage,
  UsageOf,
  VolumeUsage,
} from '../engine/system-types.ts';
import { containerFields } from './container-rows.ts';
import { imageFields, imageRows, type ImageRow } from './image-rows.ts';
import type { Field, Listing } from './listing.ts';
import { ago, goTimeWriter } from './times.ts';
import { humanSize, shortId } from './units.ts';

/** So many holders are named in a table. */
const HOLDERS = 4;

/** One line of `system df`. */
interface Kind {
  readonly type: string;
  readonly usage: UsageOf;
  /** How much of it is reclaimable is told in percent, too. */
  readonly percent: boolean;
}

/** The summary, one row for each kind of thing. */
export function summaryListing({ images, containers, volumes, cache }: DiskUsage): Listing<Kind> {
  return {
    rows: [
      { type: 'Images', usage: images, percent: true },
      { type: 'Containers', usage: containers, percent: true },
      { type: 'Local Volumes', usage: volumes, percent: true },
      { type: 'Build Cache', usage: cache, percent: false },
    ],
    fields: [
      { key: 'Active', title: 'ACTIVE', value: ({ usage }) => String(usage.active) },
      { key: 'Reclaimable', title: 'RECLAIMABLE', value: reclaimable },
      { key: 'Size', title: 'SIZE', value: ({ usage }) => humanSize(usage.size, 4) },
      { key: 'TotalCount', title: 'TOTAL', value: ({ usage }) => String(usage.total) },
      { key: 'Type', title: 'TYPE', value: ({ type }) => type },
    ],
    columns: ['Type', 'TotalCount', 'Active', 'Size', 'Reclaimable'],
    type: '*formatter.diskUsageContext',
  };
}

function reclaimable({ usage, percent }: Kind): string {
  const text = humanSize(usage.reclaimable, 4);
  if (!percent || usage.size === 0) return text;
  return `${text} (${Math.floor((usage.reclaimable * 100) / usage.size)}%)`;
}

/** Images, a row for each name. */
export function imageListing(
  rows: readonly ImageUsage[],
  now: Date,
  truncate = true,
): Listing<ImageRow> {
  const usage = new Map(rows.map((one) => [one.image.id, one]));
  const sized =
    (size: (of: ImageUsage) => number, digits: number) =>
    ({ image }: ImageRow): string => {
      const own = usage.get(image.id);
      return own ? humanSize(size(own), digits) : 'N/A';
    };
  const own = new Map<string, Field<ImageRow>['value']>([
    ['Size', sized(({ shared, unique }) => shared + unique, 3)],
    ['SharedSize', sized(({ shared }) => shared, 4)],
    ['UniqueSize', sized(({ unique }) => unique, 4)],
  ]);
  return {
    rows: imageRows(
      rows.map(({ image }) => image),
      { digests: false },
    ),
    fields: imageFields({ truncate, now }).map((field) => {
      const value = own.get(field.key);
      return value ? { ...field, value } : field;
    }),
    columns: [
      'Repository',
      'Tag',
      'ID',
      'CreatedSince',
      'Size',
      'SharedSize',
      'UniqueSize',
      'Containers',
    ],
    type: '*formatter.imageContext',
  };
}

/** Containers with what they wrote. */
export function containerListing(
  rows: readonly ContainerUsage[],
  now: Date,
  truncate = true,
): Listing<ContainerUsage> {
  const fields = containerFields({ truncate, now }).map((field): Field<ContainerUsage> => ({
    ...field,
    value: (row) => {
      if (field.key === 'Size') return humanSize(row.size, 3);
      if (field.key === 'LocalVolumes') return String(row.volumes);
      return field.value(row.container);
    },
  }));
  return {
    rows,
    fields,
    columns: ['ID', 'Image', 'Command', 'LocalVolumes', 'Size', 'RunningFor', 'Status', 'Names'],
    type: '*formatter.ContainerContext',
  };
}

/** Volumes, and how many containers have them. */
export function volumeListing(rows: readonly VolumeUsage[]): Listing<VolumeUsage> {
  return {
    rows,
    fields: [
      { key: 'Links', title: 'LINKS', value: ({ links }) => String(links) },
      { key: 'Name', title: 'VOLUME NAME', value: ({ name }) => name },
      { key: 'Size', title: 'SIZE', value: ({ size }) => humanSize(size, 4) },
    ],
    columns: ['Name', 'Links', 'Size'],
    type: '*formatter.volumeContext',
  };
}

/** What builds keep. */
export function cacheListing(
  rows: readonly CacheEntry[],
  now: Date,
  truncate = true,
): Listing<CacheEntry> {
  const timeText = goTimeWriter();
  const id = ({ id, inUse }: CacheEntry): string =>
    truncate ? shortId(id) + (inUse ? '*' : '') : id;
  return {
    rows,
    fields: [
      { key: 'CacheType', title: 'CACHE TYPE', value: ({ type }) => type },
      { key: 'CreatedAt', title: 'CREATED AT', value: ({ created }) => timeText(created) },
      { key: 'CreatedSince', title: 'CREATED', value: ({ created }) => ago(created, now) },
      { key: 'Description', title: 'DESCRIPTION', value: ({ description }) => description },
      { key: 'ID', title: 'CACHE ID', value: id },
      { key: 'InUse', title: 'IN USE', value: ({ inUse }) => String(inUse) },
      { key: 'LastUsedAt', title: 'LAST USED AT', value: ({ used }) => timeText(used) },
      { key: 'LastUsedSince', title: 'LAST USED', value: ({ used }) => ago(used, now) },
      { key: 'Parent', title: 'PARENT', value: ({ parents }) => parents.map(shortId).join(', ') },
      { key: 'Shared', title: 'SHARED', value: ({ shared }) => String(shared) },
      { key: 'Size', title: 'SIZE', value: ({ size }) => humanSize(size, 3) },
      { key: 'UsageCount', title: 'USAGE', value: ({ uses }) => String(uses) },
    ],
    columns: ['ID', 'CacheType', 'Size', 'CreatedSince', 'LastUsedSince', 'UsageCount', 'Shared'],
    type: '*formatter.buildCacheContext',
  };
}

/** What holds the space, a row for everything that comes free together. */
export function heldListing(rows: readonly HeldSpace[]): Listing<HeldSpace> {
  return {
    rows,
    fields: [
      { key: 'Bytes', title: 'BYTES', value: ({ bytes }) => bytes },
      { key: 'FreedBy', title: 'FREED BY', value: ({ freedBy }) => freedBy || '-' },
      { key: 'HeldBy', title: 'HELD BY', value: ({ heldBy }) => someOf(heldBy) },
      { key: 'Holders', title: 'HOLDERS', value: ({ heldBy }) => heldBy },
      { key: 'Name', title: 'NAME', value: ({ name }) => name },
      { key: 'Size', title: 'SIZE', value: ({ bytes }) => humanSize(bytes, 4) },
      { key: 'Type', title: 'TYPE', value: ({ kind }) => kind },
    ],
    columns: ['Type', 'Name', 'Size', 'HeldBy', 'FreedBy'],
    type: '*formatter.heldSpaceContext',
  };
}

/** The first few of those that hold something. */
function someOf(holders: readonly string[]): string {
  const more = holders.length - HOLDERS;
  return holders.slice(0, HOLDERS).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
