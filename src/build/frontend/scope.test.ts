import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPredefined, proxyEnv, Scope } from './scope.ts';

test('Scope lets the later of ARG and ENV win in the build, and only ENV reach the image', () => {
  const scope = new Scope();
  scope.env('V', 'env');
  scope.arg('V', 'arg');
  assert.equal(scope.get('V'), 'arg');
  assert.deepEqual(scope.imageEnv(), ['V=env']);
  scope.env('V', 'again');
  assert.equal(scope.get('V'), 'again');
});

test('Scope keeps the position of a variable that is set again', () => {
  const scope = new Scope();
  scope.env('A', '1');
  scope.env('B', '2');
  scope.env('A', '3');
  assert.deepEqual(scope.imageEnv(), ['A=3', 'B=2']);
});

test('Scope lists an ARG without a value as empty, and leaves it unset', () => {
  const scope = new Scope();
  scope.arg('X', undefined);
  assert.deepEqual(scope.declaredArgs(), ['X=']);
  assert.equal(scope.get('X'), undefined);
  assert.deepEqual(scope.buildEnv(), []);
});

test('Scope of a stage that builds on another starts with its variables and changes only its own', () => {
  const base = new Scope();
  base.arg('A', '1');
  const child = new Scope(base);
  child.env('B', '2');
  assert.equal(child.get('A'), '1');
  assert.equal(base.get('B'), undefined);
});

test('proxyEnv() gives both cases, and nothing for other names', () => {
  const args = new Map([
    ['http_proxy', 'http://p'],
    ['V', '1'],
  ]);
  assert.deepEqual(proxyEnv(args), ['HTTP_PROXY=http://p', 'http_proxy=http://p']);
});

test('isPredefined() knows what the builder reads itself', () => {
  for (const name of ['HTTPS_PROXY', 'no_proxy', 'SOURCE_DATE_EPOCH', 'BUILDKIT_SYNTAX']) {
    assert.ok(isPredefined(name), name);
  }
  assert.ok(!isPredefined('VERSION'));
});

test('Scope of a stage that builds on another lets the ENV of that win over its ARG', () => {
  const base = new Scope();
  base.env('V', 'env');
  base.arg('V', 'arg');
  assert.equal(new Scope(base).get('V'), 'env');
  assert.equal(base.get('V'), 'arg');
});
