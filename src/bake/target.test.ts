import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseEntries,
  parseSecret,
  parseSsh,
  secretText,
  withoutRepeats,
  entryText,
} from './entries.ts';
import { mergeFields, normalizeFields } from './target.ts';
import { value } from './testing/defined.ts';

test('mergeFields() joins what adds up, and replaces the rest', () => {
  const under = {
    tags: ['a'],
    platforms: ['linux/amd64'],
    annotations: ['x=1'],
    entitlements: ['network.host'],
    args: new Map([
      ['A', '1'],
      ['B', '1'],
    ]),
    context: 'here',
    description: 'words',
    'cache-from': parseEntries('cache', 'a,b'),
    'cache-to': parseEntries('cache', 'type=inline'),
  };
  const over = {
    tags: ['b'],
    annotations: ['y=1'],
    args: new Map([
      ['B', '2'],
      ['C', null],
    ]),
    description: '',
    'cache-from': parseEntries('cache', 'c'),
    'cache-to': parseEntries('cache', 'type=local,dest=x'),
  };
  const merged = mergeFields(under, over);
  assert.deepEqual(merged.tags, ['b']);
  assert.deepEqual(merged.platforms, ['linux/amd64']);
  assert.deepEqual(merged.annotations, ['x=1', 'y=1']);
  assert.deepEqual(
    merged.args,
    new Map([
      ['A', '1'],
      ['B', '2'],
    ]),
  );
  assert.deepEqual([merged.context, merged.description], ['here', 'words']);
  assert.equal(merged['cache-from']?.length, 3);
  assert.deepEqual(merged['cache-to']?.map(entryText), ['type=local,dest=x']);
});

test('normalizeFields() leaves out what is empty or said twice', () => {
  assert.deepEqual(
    normalizeFields({
      tags: ['', 'a', 'a'],
      platforms: [],
      contexts: new Map([['x', '']]),
      network: 'host',
      secret: [{ id: 'a', src: 'x' }, { id: 'b' }, { id: 'a', env: 'Y' }],
    }),
    {
      tags: ['a'],
      network: 'host',
      secret: [{ id: 'a', env: 'Y' }, { id: 'b' }],
      entitlements: ['network.host'],
    },
  );
});

for (const [kind, text, entries] of [
  ['cache', 'user/app:cache', ['type=registry,ref=user/app:cache']],
  ['cache', 'a,b', ['type=registry,ref=a', 'type=registry,ref=b']],
  ['cache', 'src=x,TYPE=local', ['type=local,src=x']],
  ['output', 'dir', ['type=local,dest=dir']],
  ['output', '-', ['type=tar,dest=-']],
  ['output', 'type=image,"name=a,b",push=true', ['type=image,"name=a,b",push=true']],
  ['attest', 'type=provenance,mode=max', ['type=provenance,mode=max']],
  ['output', '', []],
] as const) {
  test(`parseEntries() reads ${kind} ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseEntries(kind, text).map(entryText), entries);
  });
}

for (const [kind, text] of [
  ['cache', 'a=b'],
  ['attest', 'mode=max'],
  ['output', 'x=y,z=1'],
  ['output', 'type=image,x'],
  ['cache', '"x'],
] as const) {
  test(`parseEntries() refuses ${kind} ${text}`, () => {
    assert.throws(() => parseEntries(kind, text), { code: 'BAKE_VALUE' });
  });
}

test('parseSecret() and parseSsh() read what build reads', () => {
  assert.deepEqual(parseSecret('id=a,source=x'), { id: 'a', src: 'x' });
  assert.deepEqual(parseSecret('type=env,id=a,src=X'), { id: 'a', env: 'X' });
  assert.equal(secretText({ id: 'a', src: 'x,y' }), 'id=a,"src=x,y"');
  assert.throws(() => parseSecret('id=a,nope=1'), /unexpected key 'nope'/);
  assert.throws(() => parseSecret('id=a,type=x'), /unsupported secret type "x"/);
  assert.deepEqual(parseSsh('k=a,b'), { id: 'k', paths: ['a', 'b'] });
});

test('withoutRepeats() keeps each once', () => {
  const entries = ['a', 'b', 'a', 'c', 'b'].flatMap((one) => parseEntries('cache', one));
  assert.deepEqual(
    withoutRepeats(entries)
      .map((one) => one.get('ref'))
      .toSorted((a = '', b = '') => (a < b ? -1 : 1)),
    ['a', 'b', 'c'],
  );
});

test('a name that failed once fails with its own reason again', async () => {
  const more = 'a = upper([])\nb = try(a, "x")\n';
  assert.equal(
    await value(
      'b',
      more.replace('a = upper([])', 'variable "a" { default = try(upper([]), "y") }'),
    ),
    '"y"',
  );
  await assert.rejects(value('[b, a]', more), /Invalid value for "str" parameter/);
});
