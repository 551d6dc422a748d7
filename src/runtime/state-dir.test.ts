import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { makeBundle, sweep } from './state-dir.ts';

/** A process whose stave was killed, and a directory in the place of control groups. */
function killed(t: TestContext): { state: string; bundle: string; groups: string } {
  const directory = mkdtempSync(join(tmpdir(), 'state-dir-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [state, groups] = [join(directory, 'state'), join(directory, 'groups')];
  const made = makeBundle(state, 'one');
  const bundle = made.path;
  writeFileSync(join(bundle, 'owner'), JSON.stringify({ pid: 1, start: '-1', boot: '' }));
  made.write('groups', JSON.stringify([`${groups}/store-`]));
  mkdirSync(`${groups}/store-one/own`, { recursive: true });
  writeFileSync(`${groups}/store-one/own/cgroup.procs`, '');
  mkdirSync(`${groups}/store-two`);
  return { state, bundle, groups };
}

test('sweep() removes the groups of a killed process below a parent that was asked for', (t) => {
  const { state, bundle, groups } = killed(t);
  rmSync(`${groups}/store-one/own/cgroup.procs`);
  rmSync(`${groups}/store-one/own`, { recursive: true });
  sweep(state, []);
  assert.deepEqual([existsSync(bundle), existsSync(`${groups}/store-one`)], [false, false]);
  assert.ok(existsSync(`${groups}/store-two`), 'a group of another process');
});

test('sweep() tries again where a group cannot be removed yet', (t) => {
  const { state, bundle, groups } = killed(t);
  sweep(state, []);
  assert.ok(existsSync(bundle));
  rmSync(`${groups}/store-one/own`, { recursive: true });
  sweep(state, []);
  assert.deepEqual([existsSync(bundle), existsSync(`${groups}/store-one`)], [false, false]);
});

test('sweep() makes do with a list of groups that was not written to its end', (t) => {
  const { state, bundle } = killed(t);
  writeFileSync(join(bundle, 'groups'), '["/sys/fs');
  sweep(state, []);
  assert.equal(existsSync(bundle), false);
});
