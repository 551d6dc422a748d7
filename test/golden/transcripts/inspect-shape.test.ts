import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { skip } from '../../e2e/house.ts';
import { Scene } from './scene.ts';

/** What differs in every run: IDs, times, processes, places. */
const VARYING = /^(?:Id|Created|Image|ResolvConfPath|HostnamePath|HostsPath|LogPath)$|^HostConfig\.MaskedPaths$|^State\.(?:Pid|StartedAt|Health)/;

/** What differs from Docker, and why. */
const DIFFERENT: Readonly<Record<string, readonly [docker: unknown, stave: unknown]>> = {
  // A namespace of its own is the safer choice, which Docker makes on version 2 of control groups.
  'HostConfig.CgroupnsMode': ['host', 'private'],
  // The runtime that is there.
  'HostConfig.Runtime': ['runc', 'crun'],
};

/** `HostConfig.LogConfig.Type` and what it is. */
function flat(value: unknown, path = ''): (readonly [path: string, value: unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  const members = Object.entries(value);
  if (members.length === 0) return [[path, {}]];
  return members.flatMap(([key, one]) => flat(one, path === '' ? key : `${path}.${key}`));
}

test('inspect of a container has what Docker has, in its order', { skip }, async () => {
  await using scene = await Scene.open();
  const made = await scene.run(
    '. "$RECORDINGS/images.sh"; stave create --name hh --network none --no-healthcheck base:1 sleep 1000; stave start hh',
  );
  assert.equal(made.code, 0, made.stderr);
  const said = await scene.run('stave inspect hh; stave rm -f hh >/dev/null');
  const [stave] = JSON.parse(said.stdout) as [object];
  const [docker] = JSON.parse(
    readFileSync(join(import.meta.dirname, 'inspect-shape.json'), 'utf8'),
  ) as [object];
  const keep = (all: object): (readonly [string, unknown])[] =>
    flat(all).filter(([path]) => !VARYING.test(path));
  const wanted = keep(docker);
  const all = keep(stave).filter(([path]) => wanted.some(([one]) => one === path));
  assert.deepEqual(
    all,
    wanted
      .map(([path, value]) => [path, path === 'Name' ? '/hh' : value] as const)
      .map(([path, value]) => {
        const difference = DIFFERENT[path];
        if (!difference) return [path, value];
        assert.deepEqual(value, difference[0]);
        return [path, difference[1]];
      }),
  );
  const masked = (of: object): readonly string[] =>
    (of as { HostConfig: { MaskedPaths: string[] } }).HostConfig.MaskedPaths;
  assert.deepEqual(
    masked(docker).filter((path) => !masked(stave).includes(path)),
    [],
  );
  const more = Object.keys(stave).slice(Object.keys(docker).length);
  assert.deepEqual(more, ['GraphDriver', 'Mounts', 'Config', 'NetworkSettings']);
  assert.deepEqual(
    flat(stave)
      .map(([path]) => path)
      .filter((path) => /^(?:HostConfig|State)\./.test(path))
      .filter((path) => !VARYING.test(path) && !wanted.some(([one]) => one === path)),
    [],
  );
});
