import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { COMMANDS } from '../../src/cli/command-index.ts';
import { exec, House, skip, top } from './house.ts';

/*
 * The examples of every command's help run: each in a copy of one store and one folder, so that
 * none sees what another did. Images are a busybox under the names that examples use.
 */

/** Stands in examples for the ID of app:v1. */
const ID = '0e5574283393';
const NAMES = [
  'app:v1',
  'app:v2',
  'app:old',
  'app',
  'web',
  'alpine',
  'debian',
  'localhost:5000/team/app:v1',
];
const FILES: Readonly<Record<string, string>> = {
  Dockerfile: [
    'FROM base AS sdk',
    'COPY src /src',
    'RUN cat /src/main >/app',
    'FROM base',
    'ARG V=1',
    'LABEL stage=test version=$V',
    'COPY --from=sdk /app /app',
    'COPY src/config /etc/app.conf',
    'USER 1000',
    'CMD ["cat", "/app"]',
    '',
  ].join('\n'),
  'build/Dockerfile': 'FROM base\nARG V\nRUN echo $V >/v\n',
  '.dockerignore': 'src/secret.txt\n**/node_modules\n',
  'src/main': 'main\n',
  'src/config': 'a=b\n',
  'src/secret.txt': 'secret\n',
  Makefile: 'test:\n',
  'docker-bake.hcl': [
    'variable "TAG" { default = "v1" }',
    'group "default" { targets = ["app"] }',
    'target "app" { tags = ["app:${TAG}"] }',
    '',
  ].join('\n'),
  'ci.hcl': 'target "app" {}\ntarget "worker" { tags = ["worker"] }\n',
  'app/Dockerfile': 'FROM base\n',
  'app/node_modules/x': '1\n',
};
/** Lines that say something by failing. */
const CODES: Readonly<Record<string, number>> = {};

let house: House | undefined;
let id = '';

before(() => {
  if (skip !== false) return;
  house = new House();
  house.base();
  const folder = house.context(FILES);
  const run = (line: string): void => {
    const ran = shell(line, folder, house?.root ?? '');
    assert.equal(ran.code, 0, ran.stderr);
  };
  run('stave build -q --reproducible -t app:v1 . && mkdir rootfs && cp src/main rootfs');
  for (const name of NAMES.slice(1)) run(`stave tag app:v1 ${name}`);
  // Another machine is this one.
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/ssh'), '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
  run('stave inventory >host.json');
  run('stave save -o app.tar app:v1 && gzip -k app.tar && tar -C rootfs -cf debian.tar .');
  run('for name in web web1; do stave run --name $name --network none web true; done');
  id = house.must(['images', '-q', 'app:v1']).trim();
});
after(() => house?.[Symbol.dispose]());

function shell(line: string, cwd: string, root: string): ReturnType<typeof exec> {
  return exec(['bash', '-euo', 'pipefail', '-c', line], {
    cwd,
    input: '',
    env: {
      ...process.env,
      HOME: cwd,
      STAVE_ROOT: root,
      PATH: [join(top, 'bin'), join(cwd, 'bin'), process.env['PATH']].join(delimiter),
    },
  });
}

/** With its times: builds look at them. */
function copy(from: string, to: string): void {
  const copied = exec(['cp', '-a', from, to]);
  assert.equal(copied.code, 0, copied.stderr);
}

// All before the first test is named: the runner would take a pause for the end.
const pages = await Promise.all(
  COMMANDS.map(async ({ name, load }) => ({ name, examples: (await load()).examples })),
);

for (const { name, examples } of pages) {
  for (const [what, line, needs] of examples) {
    const reason = skip !== false ? skip : needs === undefined ? false : `needs ${needs}`;
    test(`${name}: ${what}: ${line}`, { skip: reason }, () => {
      assert.ok(house);
      const here = join(house.directory, 'here');
      mkdirSync(here);
      try {
        copy(join(house.directory, 'context-1'), join(here, 'app'));
        copy(house.root, join(here, 'store'));
        const ran = shell(line.replaceAll(ID, id), join(here, 'app'), join(here, 'store'));
        assert.equal(ran.code, CODES[line] ?? 0, `${ran.stdout}${ran.stderr}`);
      } finally {
        if (line.includes('run -d')) {
          shell('stave rm -f $(stave ps -q)', here, join(here, 'store'));
        }
        exec(['rm', '-rf', here]);
      }
    });
  }
}
