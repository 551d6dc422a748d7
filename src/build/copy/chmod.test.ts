import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMode } from './chmod.ts';

const cases: [text: string, mode: number, isDirectory: boolean, result: number][] = [
  ['644', 0o777, false, 0o644],
  ['4755', 0o600, false, 0o4755],
  ['0', 0o600, false, 0],
  ['07777', 0o600, false, 0o7777],
  ['00644', 0o600, true, 0o644],
  ['u=rwX,go=rX', 0o644, false, 0o644],
  ['u=rwX,go=rX', 0o600, true, 0o755],
  ['u=rwX,go=rX', 0o700, false, 0o755],
  ['+x', 0o644, false, 0o755],
  ['g=u', 0o740, false, 0o770],
  ['go-rwx', 0o777, false, 0o700],
  ['u+s', 0o755, false, 0o4755],
  ['a=r', 0o777, false, 0o444],
  ['o+t', 0o777, true, 0o1777],
];

for (const [text, mode, isDirectory, result] of cases) {
  test(`parseMode() turns ${mode.toString(8)} into ${result.toString(8)} by '${text}'`, () => {
    assert.equal(parseMode(text)(mode, isDirectory).toString(8), result.toString(8));
  });
}

for (const text of ['', '99', '77777', '010000', 'u', 'z+x', 'u=q', ',', '9x']) {
  test(`parseMode() refuses '${text}'`, () => {
    assert.throws(() => parseMode(text), /invalid chmod parameter/);
  });
}
