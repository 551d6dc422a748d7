import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { compileCache, sweepCompileCache } from './compile-cache.ts';

test('sweepCompileCache() removes what others left a day ago, and nothing of its own', () => {
  const directory = mkdtempSync(`${tmpdir()}/compile-cache-`);
  try {
    const now = Date.now();
    const aged = (name: string, hours: number): void => {
      const time = (now - hours * 3_600_000) / 1000;
      utimesSync(`${directory}/${name}`, time, time);
    };
    for (const name of ['build-x64-mine', 'build-x64-old', 'run-x64-old', 'build-x64-used']) {
      writeFileSync(`${directory}/${name}`, 'code');
    }
    mkdirSync(`${directory}/build-x64-mine.Ab12Cd`);
    writeFileSync(`${directory}/build-x64-mine.Ab12Cd/new`, 'code');
    for (const name of readdirSync(directory)) aged(name, name === 'build-x64-used' ? 23 : 25);
    sweepCompileCache(directory, 'mine', now);
    assert.deepEqual(readdirSync(directory).sort(), ['build-x64-mine', 'build-x64-used']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('compileCache() is a directory that nobody else can look into, or none', () => {
  const home = mkdtempSync(`${tmpdir()}/compile-cache-`);
  try {
    const uid = process.getuid?.() ?? 0;
    // Root's is not below a home.
    if (uid === 0) return assert.equal(compileCache(1234567, { HOME: home }), undefined);
    const path = compileCache(uid, { HOME: home });
    assert.equal(path, `${home}/.cache/stave/node-${process.versions.node}`);
    chmodSync(path, 0o770);
    assert.equal(compileCache(uid, { HOME: home }), undefined);
  } finally {
    rmSync(home, { recursive: true });
  }
});
