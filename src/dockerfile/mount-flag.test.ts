import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Mount, readMount, resolveMount } from './mount-flag.ts';

const NOWHERE = { start: { line: 1, column: 1 }, end: { line: 1, column: 1 } };

function resolve(raw: string): Mount {
  return resolveMount(readMount(raw, NOWHERE), (word) => word.replaceAll('$v', 'value'));
}

test('resolveMount() takes bind for granted and makes it read-only', () => {
  assert.deepEqual(resolve('target=/x'), {
    type: 'bind',
    target: '/x',
    readonly: true,
    required: false,
  });
});

test('resolveMount() knows the other names of keys, in any case', () => {
  assert.deepEqual(resolve('Type=BIND,SRC=a,dst=/b,rw'), {
    type: 'bind',
    source: 'a',
    target: '/b',
    readonly: false,
    required: false,
  });
  assert.equal(resolve('destination=/b,readwrite=false').readonly, true);
  assert.equal(resolve('type=cache,target=/b,ro=1').readonly, true);
});

test('resolveMount() types the values of each kind', () => {
  assert.deepEqual(resolve('type=cache,target=/c,id=x,sharing=Locked,mode=0755,uid=1,gid=2'), {
    type: 'cache',
    target: '/c',
    id: 'x',
    sharing: 'locked',
    mode: 0o755,
    uid: 1,
    gid: 2,
    readonly: false,
    required: false,
  });
  assert.deepEqual(resolve('type=tmpfs,target=/t,size=1m'), {
    type: 'tmpfs',
    target: '/t',
    size: 1_048_576,
    readonly: false,
    required: false,
  });
  assert.deepEqual(resolve('type=secret,id=s,env=TOKEN,required'), {
    type: 'secret',
    id: 's',
    env: 'TOKEN',
    readonly: true,
    required: true,
  });
  assert.equal(resolve('type=ssh,required=true').required, true);
});

test('resolveMount() expands all values but from', () => {
  const mount = resolve('type=cache,id=$v,target=/$v,from=stage$');
  assert.deepEqual([mount.id, mount.target, mount.from], ['value', '/value', 'stage$']);
});

test('readMount() leaves what may hold variables for later', () => {
  assert.equal(readMount('type=$t,sharing=$s,nonsense=1', NOWHERE).fields.length, 3);
});

const REFUSED: readonly (readonly [string, string])[] = [
  ['type=cash,target=/x', 'unsupported mount type "cash" (did you mean cache?)'],
  ['type=foo', 'unsupported mount type "foo"'],
  ['taget=/x', "unexpected key 'taget' in 'taget=/x' (did you mean target?)"],
  ['zzzzzz=/x', "unexpected key 'zzzzzz' in 'zzzzzz=/x'"],
  ['target', "invalid field 'target' must be a key=value pair"],
  ['type=cache,sharing=lock', 'unsupported sharing value "lock" (did you mean locked?)'],
  ['type=cache,target=/x,size=1', "unexpected key 'size' for mount type 'cache'"],
  ['type=tmpfs,target=/x,size=big', 'invalid value for size: big'],
  ['target=/x,required', "unexpected key 'required' for mount type 'bind'"],
  ['target=/x,ro=maybe', 'invalid value for ro: maybe'],
  ['type=bind,target=/x,mode=755', 'mode not allowed for "bind" type mounts'],
  ['type=tmpfs,target=/x,uid=1', 'uid not allowed for "tmpfs" type mounts'],
  ['type=cache,mode=9', 'invalid value 9 for mode'],
  ['type=cache,uid=-1', 'invalid value -1 for uid'],
  ['type=cache,gid=4294967296', 'invalid value 4294967296 for gid'],
  ['type=secret', 'invalid secret mount. one of source, target required'],
  ['type=secret,id=a,src=b', "both source and id can't be set"],
  ['type=secret,id=a,from=b', 'secret mount should not have a from'],
  ['type=secret,id=a,sharing=shared', 'secret mount should not define sharing'],
  ['type=bind,target=/x,sharing=shared', 'invalid cache sharing set for bind mount'],
  ['from=$x', "'from' doesn't support variable expansion, define alias stage instead"],
  [
    'a"b',
    'failed to parse csv mounts: parse error on line 1, column 2: bare " in non-quoted field',
  ],
];

for (const [raw, message] of REFUSED) {
  test(`resolveMount() refuses ${raw}`, () => {
    assert.throws(() => resolve(raw), { name: 'InstructionValueError', message });
  });
}
