import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';

/** Where a cell is, in pixels. */
export interface Cell {
  readonly at: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What the smallest cell is of the whole, so that it can still be met. */
const LEAST = 0.004;

/** Lays out cells whose areas are like the sizes, but for very small ones. */
export function layOut(sizes: readonly number[], width: number, height: number): readonly Cell[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const root = hierarchy<{ readonly at: number; readonly children?: readonly { at: number }[] }>(
    { at: -1, children: sizes.map((_, at) => ({ at })) },
    ({ children }) => children,
  )
    .sum(({ at }) => (at < 0 ? 0 : Math.max(sizes[at] ?? 0, total * LEAST, 1)))
    .sort((one, other) => (other.value ?? 0) - (one.value ?? 0));
  const placed = treemap<{ readonly at: number; readonly children?: readonly { at: number }[] }>()
    .tile(treemapSquarify.ratio(1.4))
    .size([width, height])
    .paddingInner(2)
    .round(true)(root);
  // Without layers the whole is a leaf itself.
  const leaves = placed.leaves().filter(({ data }) => data.at >= 0);
  return leaves.map(({ data, x0, y0, x1, y1 }) => ({
    at: data.at,
    left: x0,
    top: y0,
    width: x1 - x0,
    height: y1 - y0,
  }));
}

/** The cell that is met first when one goes from a cell into a direction. */
export function neighbour(
  cells: readonly Cell[],
  from: number,
  key: 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown',
): number {
  const own = cells.find(({ at }) => at === from);
  if (!own) return from;
  const [dx, dy] = {
    ArrowLeft: [-1, 0] as const,
    ArrowRight: [1, 0] as const,
    ArrowUp: [0, -1] as const,
    ArrowDown: [0, 1] as const,
  }[key];
  const middle = (cell: Cell): readonly [number, number] => [
    cell.left + cell.width / 2,
    cell.top + cell.height / 2,
  ];
  const [x, y] = middle(own);
  let best = from;
  let least = Infinity;
  for (const cell of cells) {
    const [cx, cy] = middle(cell);
    const along = (cx - x) * dx + (cy - y) * dy;
    const across = Math.abs((cx - x) * dy) + Math.abs((cy - y) * dx);
    const way = along + across * 2;
    if (cell.at !== from && along > 0 && way < least) {
      least = way;
      best = cell.at;
    }
  }
  return best;
}
