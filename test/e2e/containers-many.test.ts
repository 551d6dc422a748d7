import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { idOfStore, processesOf } from '../support/store-traces.ts';
import { House, skip } from './house.ts';

/** How many containers run at once; `npm run soak` asks for more. */
const count = Number(process.env['STAVE_MANY'] ?? 12);
/** Bytes for each container, its monitor and its share of the helper. */
const LIMIT = 8 * 1024 * 1024;

/** Bytes that a process takes, what it shares with others in parts. */
function proportional(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return Number(/^Pss: +(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}

test(`${count} containers in the background take less than 8 MB each`, { skip }, (t) => {
  using house = new House();
  house.base();
  const storeId = idOfStore(house.root);
  try {
    for (let n = 0; n < count; n++) {
      const health = n === 0 ? ['--health-cmd', 'true', '--health-interval', '1h'] : [];
      const args = ['--network', 'none', ...health, 'base', 'sleep', '999'];
      house.must(['run', '-d', '--name', `many${n}`, ...args]);
    }
    const found = processesOf(house.root, storeId);
    const sum = (wanted: RegExp): number =>
      found
        .filter(({ command }) => wanted.test(command))
        .reduce((total, { pid }) => total + proportional(pid), 0);
    const parts = { monitors: sum(/conmon/), helper: sum(/ tend /), processes: sum(/^sleep /) };
    const all = parts.monitors + parts.helper + parts.processes;
    const kilobytes = Object.entries(parts).map(
      ([name, n]) => `${name} ${Math.round(n / 1024)} KiB`,
    );
    t.diagnostic(`${kilobytes.join(', ')}: ${Math.round(all / count / 1024)} KiB each`);
    assert.ok(parts.monitors > 0 && parts.helper > 0 && parts.processes > 0);
    assert.ok(all / count < LIMIT, `${all / count} bytes each`);
    assert.equal(house.must(['ps', '-q']).trim().split('\n').length, count);
  } finally {
    const left = house.must(['ps', '-aq']).split('\n').filter(Boolean);
    if (left.length > 0) house.must(['rm', '-f', ...left]);
  }
});
