import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { goTimeWriter } from './times.ts';
import { zoneNames } from './zone.ts';

const skip = !existsSync('/usr/share/zoneinfo/Europe/Berlin') && 'no zones on this machine';

for (const [zone, time, text] of [
  ['Europe/Berlin', '2026-07-01T10:00:00Z', '2026-07-01 12:00:00 +0200 CEST'],
  ['Europe/Berlin', '2026-12-01T10:00:00Z', '2026-12-01 11:00:00 +0100 CET'],
  ['Europe/Berlin', '2045-07-01T10:00:00Z', '2045-07-01 12:00:00 +0200 CEST'],
  ['Europe/Dublin', '2026-12-01T10:00:00Z', '2026-12-01 10:00:00 +0000 GMT'],
  ['Europe/Dublin', '2045-07-01T10:00:00Z', '2045-07-01 11:00:00 +0100 IST'],
  ['Asia/Kolkata', '2026-07-01T10:00:00Z', '2026-07-01 15:30:00 +0530 IST'],
  ['America/Sao_Paulo', '2026-07-01T10:00:00Z', '2026-07-01 07:00:00 -0300 -03'],
  ['America/New_York', '1970-01-01T00:00:00Z', '1969-12-31 19:00:00 -0500 EST'],
  [':Asia/Tokyo', '2026-07-01T10:00:00Z', '2026-07-01 19:00:00 +0900 JST'],
  ['', '2026-07-01T10:00:00Z', '2026-07-01 10:00:00 +0000 UTC'],
  ['Nowhere/AtAll', '2026-07-01T10:00:00Z', '2026-07-01 10:00:00 +0000 UTC'],
] as const) {
  test(`goTimeWriter() writes ${time} as in ${zone}`, { skip }, () => {
    process.env['TZ'] = zone;
    assert.equal(goTimeWriter()(new Date(time)), text);
  });
}

test('zoneNames() knows no names of what is no file of zones', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'stave-zone-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'zone');
  for (const data of [
    '',
    'TZif2',
    `TZif2${'\xff'.repeat(100)}`,
    `TZif2${'\0'.repeat(30)}`,
    'x'.repeat(100),
  ]) {
    writeFileSync(path, Buffer.from(data, 'latin1'));
    assert.equal(zoneNames(path)(new Date()), undefined);
  }
  assert.equal(zoneNames('../../../etc/passwd')(new Date()), undefined);
  assert.equal(zoneNames(folder)(new Date()), undefined);
});
