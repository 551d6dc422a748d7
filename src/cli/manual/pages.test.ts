import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, GROUPS } from '../command-index.ts';
import { allPages } from './all-pages.ts';
import { MANUALS } from './manuals.ts';

test('every command has an example that begins with what it is for', async () => {
  for (const { name, examples } of await allPages()) {
    assert.ok(examples.length > 0, name);
    for (const [what, line] of examples) {
      assert.match(what, /^[A-Z].*[^.:]$/, name);
      assert.match(line, /\bstave\b/, name);
    }
  }
});

test('every command and every option says in one phrase what it does', async () => {
  for (const { name, summary, options } of await allPages()) {
    for (const phrase of [summary, ...options.map((option) => option.summary)]) {
      assert.match(phrase, /^\S.*[^.]$/, `${name}: ${phrase}`);
    }
  }
});

test('what manuals tell is about commands that there are', () => {
  const names = COMMANDS.map(({ name }) => name);
  assert.deepEqual(
    Object.keys(MANUALS).filter((name) => !names.includes(name)),
    [],
  );
});

test('every group has members, and every command of two words a group', () => {
  const names = COMMANDS.flatMap(({ name, aliases }) => [name, ...aliases]);
  for (const group of Object.keys(GROUPS)) {
    assert.ok(
      names.some((name) => name.startsWith(`${group} `)),
      group,
    );
  }
  for (const name of names.filter((one) => one.includes(' '))) {
    assert.ok(Object.hasOwn(GROUPS, name.slice(0, name.lastIndexOf(' '))), name);
  }
});

test('every filter says which keys it knows', async () => {
  for (const { name, load } of COMMANDS) {
    for (const flag of Object.values((await load()).flags)) {
      if (flag.valueName === 'filter') assert.ok((flag.words ?? []).length > 0, name);
    }
  }
});
