import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './parse-config.ts';
import { encodeConfig } from './write-json.ts';

const DIFF = `sha256:${'1'.repeat(64)}`;
const plain = {
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [DIFF] },
};
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

test('parseConfig() keeps unknown keys at every level', () => {
  const data = { ...plain, 'moby.x': { a: [1] }, config: { Cmd: ['sh'], Weird: 7 } };
  const config = parseConfig(bytes(data));
  assert.deepEqual(config['moby.x'], { a: [1] });
  assert.equal(config.config?.['Weird'], 7);
});

test('parseConfig() leaves out known keys that are null', () => {
  const config = parseConfig(
    bytes({ ...plain, config: { Cmd: null, Labels: null }, history: null }),
  );
  assert.deepEqual(config.config, {});
  assert.ok(!('history' in config));
});

test('parseConfig() drops __proto__ wherever it is', () => {
  const text = JSON.stringify({ ...plain, config: { Labels: { x: 'y' } } }).replace(
    '"x"',
    '"__proto__":"z","\\u005f_proto__":"z","x"',
  );
  const labels = parseConfig(Buffer.from(text)).config?.Labels ?? {};
  assert.deepEqual(Object.keys(labels), ['x']);
});

test('a label is not found under the name of a method of objects', () => {
  const { config } = parseConfig(bytes({ ...plain, config: { Labels: { x: 'y' } } }));
  assert.equal(config?.Labels?.['constructor'], undefined);
});

for (const [name, change] of Object.entries({
  'a diff ID that is a path': { rootfs: { type: 'layers', diff_ids: ['sha256:../../x'] } },
  'a diff ID of SHA-512': { rootfs: { type: 'layers', diff_ids: [`sha512:${'1'.repeat(128)}`] } },
  'a root file system of another type': { rootfs: { type: 'tar', diff_ids: [] } },
  'no root file system': { rootfs: null },
  'an environment of numbers': { config: { Env: [1] } },
  'labels that are no strings': { config: { Labels: { a: 1 } } },
  'a user that is a list': { config: { User: [] } },
  'history that is no list': { history: {} },
  'a health check of half a nanosecond': { config: { Healthcheck: { Interval: 0.5 } } },
  '501 layers': { rootfs: { type: 'layers', diff_ids: Array(501).fill(DIFF) } },
})) {
  test(`parseConfig() refuses ${name}`, () => {
    assert.throws(() => parseConfig(bytes({ ...plain, ...change })), { name: 'InvalidInputError' });
  });
}

test('encodeConfig() gives the same bytes whatever the order of keys', () => {
  const one = { ...plain, config: { Labels: { b: '1', a: '2', 7: '3' }, Env: ['A=1'], User: 'u' } };
  const other = {
    rootfs: { diff_ids: [DIFF], type: 'layers' },
    config: { User: 'u', Env: ['A=1'], Labels: { 7: '3', a: '2', b: '1' } },
    os: 'linux',
    architecture: 'amd64',
  };
  assert.equal(
    encodeConfig(parseConfig(bytes(one))).toString(),
    encodeConfig(parseConfig(bytes(other))).toString(),
  );
});

test('encodeConfig() writes known keys first, in a fixed order, and sorts labels', () => {
  const config = parseConfig(
    bytes({
      zzz: 1,
      os: 'linux',
      rootfs: plain.rootfs,
      architecture: 'amd64',
      config: { Labels: { size: '1', digest: '2' } },
    }),
  );
  assert.equal(
    encodeConfig(config).toString(),
    `{"architecture":"amd64","config":{"Labels":{"digest":"2","size":"1"}},"os":"linux","rootfs":{"type":"layers","diff_ids":["${DIFF}"]},"zzz":1}`,
  );
});

test('encodeConfig() leaves parse and encode stable', () => {
  const data = encodeConfig(parseConfig(bytes({ ...plain, history: [{ created_by: '<&>' }] })));
  assert.deepEqual(encodeConfig(parseConfig(data)), data);
});
