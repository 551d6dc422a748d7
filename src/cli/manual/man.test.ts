import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { allPages } from './all-pages.ts';
import { manPages } from './man.ts';
import type { Page } from './page.ts';

const IMPRINT = { version: '1.2.3', date: '2026-11-21' };
const PAGE: Page = {
  name: 'image fly',
  summary: "Let images fly 'high'",
  usage: '[OPTIONS] IMAGE',
  aliases: ['fly'],
  text: ['.dockerignore is first', "'quoted' \\n"],
  examples: [['All', "stave fly --format '{{.ID}}\\t' a~b^c…"]],
  options: [
    { short: 'q', long: 'quiet', valueName: '', summary: 'No word' },
    { short: undefined, long: 'to', valueName: 'place', summary: 'Where to' },
  ],
  exits: [['3', 'It fell']],
};

test('manPages() names a page for stave and one for each command', () => {
  assert.deepEqual([...manPages([PAGE], IMPRINT).keys()], ['stave.1', 'stave-image-fly.1']);
});

test('manPages() keeps every character as it is typed', () => {
  const text = manPages([PAGE], IMPRINT).get('stave-image-fly.1') ?? '';
  const lines = text.split('\n');
  for (const line of [
    '.TH "STAVE\\-IMAGE\\-FLY" 1 2026-11-21 "stave 1.2.3"',
    'stave\\-image\\-fly, stave\\-fly \\- let images fly \\(aqhigh\\(aq',
    '\\&.dockerignore is first',
    '\\(aqquoted\\(aq \\en',
    '\\fB\\-q\\fR, \\fB\\-\\-quiet\\fR',
    '\\fB\\-\\-to\\fR \\fIplace\\fR',
    'stave fly \\-\\-format \\(aq{{.ID}}\\et\\(aq a\\(tib\\(hac\\[u2026]',
  ]) {
    assert.ok(lines.includes(line), `${line}\n${text}`);
  }
});

const FORMATTERS: readonly (readonly string[])[] = [
  ['groff', '-man', '-ww', '-Tutf8', '-z'],
  ['mandoc', '-Tlint', '-Wwarning'],
];

for (const [name = '', ...args] of FORMATTERS) {
  const missing = spawnSync(name, ['--version']).error !== undefined;
  test(
    `${name} reads all manual pages without a warning`,
    { skip: missing && `${name} is not here` },
    async () => {
      for (const [file, text] of manPages([...(await allPages()), PAGE], IMPRINT)) {
        const { stdout, stderr } = spawnSync(name, args, { input: text, encoding: 'utf8' });
        assert.equal(stdout + stderr, '', file);
      }
    },
  );
}
