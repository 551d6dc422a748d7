import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';

/** The modules that a file loads before it does anything, itself included; and the builtins among them. */
function loadedBy(...entries: readonly string[]): { files: Set<string>; builtins: Set<string> } {
  const files = new Set<string>();
  const builtins = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const source = readFileSync(file, 'utf8');
    for (const [, names = '', target = ''] of source.matchAll(
      /^(?:import|export) (?!type )([^;]*?)from '([^']+)';/gms,
    )) {
      const onlyTypes = /^\{\s*(?:type \w+(?:,\s*)?)+\}\s*$/.test(names);
      if (onlyTypes) continue;
      if (target.startsWith('.')) visit(posix.join(posix.dirname(file), target));
      else builtins.add(target);
    }
  };
  entries.forEach(visit);
  return { files, builtins };
}

const version = loadedBy(
  'src/cli/bin.ts',
  'src/cli/bundled.ts',
  'src/cli/process.ts',
  'src/cli/commands/version.ts',
);

test('version loads little: each module costs a third of a millisecond', () => {
  assert.ok(version.files.size <= 31, [...version.files].join('\n'));
});

test('version loads no builtin but those that every program has loaded already', () => {
  assert.deepEqual([...version.builtins].sort(), ['node:fs', 'node:vm']);
});

test('version loads nothing of the engine', () => {
  assert.deepEqual(
    [...version.files].filter((file) => !/^src\/(?:cli|base|oci)\//.test(file)),
    [],
  );
});

test('images loads neither templates nor displays', () => {
  const { files } = loadedBy('src/cli/commands/image-ls.ts');
  assert.deepEqual(
    [...files].filter((file) => /template|render/.test(file)),
    [],
  );
});
