import type { CacheUsage, DiskUsage, HeldSpace } from '../../engine/system-types.ts';

const USED = new Date('2026-11-21T07:02:00Z');
const NONE = { total: 0, active: 0, size: 0, reclaimable: 0, rows: [] };

/** Two results, one of which an image has, and a cache mount. */
export const CACHE: CacheUsage = {
  total: 3000,
  shared: 1000,
  reclaimable: 2000,
  entries: [
    entry('eocscwcjorfo4h714zysf996m', { description: 'COPY . /app', shared: true }),
    entry('i7cgchx0bh9y5bmipgsyzhmw5', {
      description: 'RUN make',
      parents: ['eocscwcjorfo4h714zysf996m'],
    }),
    entry('kq2d1p0bh9y5bmipgsyzhmw50', {
      type: 'exec.cachemount',
      description: 'cache mount npm',
      mutable: true,
    }),
  ],
};

/** Three images of which a container uses one, and that cache. */
export const DISK: DiskUsage = {
  images: { ...NONE, total: 3, active: 1, size: 3_968_000, reclaimable: 1_984_000 },
  containers: NONE,
  volumes: NONE,
  cache: { total: 3, active: 0, size: 2000, reclaimable: 2000, rows: CACHE.entries },
};

/** What holds it. */
export const HELD: readonly HeldSpace[] = [
  {
    kind: 'Images',
    name: '2 layers, shared',
    bytes: 1_984_000,
    heldBy: ['image app:v1', 'image base:1', 'container web'],
    freedBy: 'stave rm web && stave rmi app:v1 base:1',
  },
  {
    kind: 'Build Cache',
    name: 'cache mount npm',
    bytes: 1000,
    heldBy: ['build cache'],
    freedBy: 'stave builder prune -a --filter id=kq2d1p0bh9y5bmipgsyzhmw50',
  },
];

function entry(
  id: string,
  rest: Partial<CacheUsage['entries'][number]>,
): CacheUsage['entries'][number] {
  return {
    id,
    type: 'regular',
    description: '',
    parents: [],
    created: USED,
    used: USED,
    uses: 1,
    size: 1000,
    shared: false,
    inUse: false,
    mutable: false,
    ...rest,
  };
}
