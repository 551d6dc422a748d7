import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { exec, House, skip, top } from './house.ts';

/** Shell blocks that carry the mark ```sh run; the others need a terminal, a registry or time. */
function examples(file: string): string[] {
  const text = readFileSync(join(top, file), 'utf8');
  return [...text.matchAll(/^```sh run\n(.*?)^```$/gms)].map(([, body = '']) => body);
}

for (const file of [
  'README.md',
  'CONTRIBUTING.md',
  'docs/why.md',
  'docs/bake.md',
  'docs/explain.md',
  'docs/recorder.md',
  'docs/containers.md',
  'docs/registry.md',
  'docs/registry-access.md',
]) {
  test(`the shell examples of ${file} that are marked so run`, { skip }, () => {
    const found = examples(file);
    assert.ok(found.length > 0);
    using house = new House();
    house.base();
    const env = {
      ...process.env,
      PATH: `${join(top, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
      STAVE_ROOT: house.root,
      STAVE_CHECKOUT: top,
    };
    for (const [i, example] of found.entries()) {
      const cwd = house.context({});
      const ran = exec(['sh', '-eu', '-c', example], { env, cwd });
      assert.equal(ran.code, 0, `example ${i + 1}:\n${example}\n${ran.stdout}${ran.stderr}`);
    }
  });
}
