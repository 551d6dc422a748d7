/** One line of two texts laid side by side: in both, or in one of them. By index. */
export interface Edit {
  readonly old?: number;
  readonly now?: number;
}

/** So many differences are looked for; texts that differ in more are taken as different altogether. */
const MOST = 2000;

/**
 * The shortest way from one list to another: what both have, what goes and what comes, in order.
 * Time and memory go with the number of differences, which are bounded.
 *
 * @see Myers, An O(ND) Difference Algorithm and Its Variations, 1986
 */
export function editScript(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start])
    start += 1;
  let [oldEnd, newEnd] = [before.length, after.length];
  while (oldEnd > start && newEnd > start && before[oldEnd - 1] === after[newEnd - 1]) {
    oldEnd -= 1;
    newEnd -= 1;
  }
  const head = Array.from({ length: start }, (_, at): Edit => ({ old: at, now: at }));
  const tail = Array.from({ length: before.length - oldEnd }, (_, at): Edit => ({
    old: oldEnd + at,
    now: newEnd + at,
  }));
  const middle = shortest(before.slice(start, oldEnd), after.slice(start, newEnd));
  const moved = middle.map(({ old, now }): Edit => ({
    ...(old !== undefined && { old: old + start }),
    ...(now !== undefined && { now: now + start }),
  }));
  return [...head, ...moved, ...tail];
}

function shortest(before: readonly string[], after: readonly string[]): Edit[] {
  const [n, m] = [before.length, after.length];
  const limit = Math.min(n + m, MOST);
  /** By step: on each diagonal how far it got in `before`. */
  const trace: Int32Array[] = [];
  let reached = new Int32Array(2 * limit + 3);
  const middle = limit + 1;
  for (let d = 0; d <= limit; d += 1) {
    trace.push(reached.slice(middle - d - 1, middle + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down = reached[middle + k + 1] ?? 0;
      const right = (reached[middle + k - 1] ?? 0) + 1;
      let x = k === -d || (k !== d && right <= down) ? down : right;
      while (x < n && x - k < m && before[x] === after[x - k]) x += 1;
      reached[middle + k] = x;
      if (x >= n && x - k >= m) return backwards(trace, n, m);
    }
  }
  return [...before.map((_, old): Edit => ({ old })), ...after.map((_, now): Edit => ({ now }))];
}

/** From the end of both lists to their beginnings, along the way that was found. */
function backwards(trace: readonly Int32Array[], n: number, m: number): Edit[] {
  const edits: Edit[] = [];
  let [x, y] = [n, m];
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    // What the diagonals had reached before step `d`; diagonal k is at d + 1 + k.
    const reached = trace[d] ?? new Int32Array();
    const k = x - y;
    const down = reached[d + 2 + k] ?? 0;
    const right = (reached[d + k] ?? 0) + 1;
    const isDown = k === -d || (k !== d && right <= down);
    const startX = isDown ? down : right - 1;
    const startY = startX - (isDown ? k + 1 : k - 1);
    const [midX, midY] = d === 0 ? [0, 0] : isDown ? [startX, startY + 1] : [startX + 1, startY];
    while (x > midX && y > midY) edits.push({ old: (x -= 1), now: (y -= 1) });
    if (d === 0) break;
    edits.push(isDown ? { now: startY } : { old: startX });
    [x, y] = [startX, startY];
  }
  return edits.reverse();
}
