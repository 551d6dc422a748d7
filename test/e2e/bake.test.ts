import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { House, skip } from './house.ts';

const BAKE = `
variable "GREETING" { default = "hello" }

group "default" {
  targets = ["app", "files"]
}

target "tools" {
  dockerfile-inline = <<-EOT
    FROM base
    RUN printf '#!/bin/sh\\necho "$1" > /greeting\\n' > /bin/greet && chmod +x /bin/greet
  EOT
}

target "app" {
  contexts = { tools = "target:tools" }
  args = { GREETING = GREETING }
  tags = ["app:1"]
  dockerfile = "app.Dockerfile"
}

target "files" {
  contexts = { app = "target:app" }
  dockerfile-inline = "FROM scratch\\nCOPY --from=app /greeting /\\n"
  output = ["out"]
}
`;

const FILES = {
  'docker-bake.hcl': BAKE,
  'app.Dockerfile': 'FROM tools\nARG GREETING\nRUN greet "$GREETING"\n',
};

test(
  'bake builds targets that use each other, once, and gives each what it asks for',
  { skip },
  () => {
    using house = new House();
    house.base();
    const cwd = house.context(FILES);
    const ran = house.stave(['bake', '--progress', 'plain', '--var', 'GREETING=hi'], { cwd });
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(readFileSync(join(cwd, 'out/greeting'), 'utf8'), 'hi\n');
    assert.match(house.must(['images']), /^app +1 /m);
    assert.equal([...ran.stderr.matchAll(/\[tools \S+ ?\S*\] RUN /g)].length, 1, ran.stderr);
    assert.match(ran.stderr, /\[app .*\] FROM sha256:[0-9a-f]{64}$/m);
    assert.match(ran.stderr, /\[app .*\] RUN greet/);
    assert.deepEqual(house.litter(), []);
  },
);

test('bake builds nothing anew when nothing has changed', { skip }, () => {
  using house = new House();
  house.base();
  const cwd = house.context(FILES);
  house.must(['bake'], { cwd });
  const { stderr } = house.stave(['bake', '--progress', 'plain', '--metadata-file', 'm.json'], {
    cwd,
  });
  assert.doesNotMatch(stderr, /DONE \d+\.\d+s\n#\d+ \[\S+ .*RUN/);
  assert.match(stderr, /RUN greet[^\n]*\n#\d+ (?:.*\n#\d+ )?CACHED/);
  const told = JSON.parse(readFileSync(join(cwd, 'm.json'), 'utf8')) as Record<string, unknown>;
  assert.deepEqual(Object.keys(told), ['app', 'files', 'tools']);
});

test('bake stops all targets when one fails, and says which', { skip }, () => {
  using house = new House();
  house.base();
  const cwd = house.context({
    'docker-bake.hcl': `
group "default" { targets = ["bad", "slow"] }
target "bad" { dockerfile-inline = "FROM base\\nRUN exit 3\\n" }
target "slow" {
  dockerfile-inline = "FROM base\\nRUN sleep 100\\n"
  tags = ["slow"]
}
`,
  });
  const { code, stderr } = house.stave(['bake'], { cwd });
  assert.equal(code, 1);
  assert.match(stderr, /\[bad .*\] RUN exit 3/);
  assert.match(stderr, /exit code: 3/);
  assert.doesNotMatch(house.must(['images']), /slow/);
  assert.deepEqual(house.litter(), []);
});

test(
  'a step that several targets need runs once, and all stand on the same layer',
  { skip },
  () => {
    using house = new House();
    house.base();
    const cwd = house.context({
      Dockerfile: [
        'FROM base AS common',
        'RUN sleep 1; cat /proc/sys/kernel/random/uuid >/id',
        'FROM common AS a',
        'FROM common AS b',
        'RUN echo b',
        'FROM common AS c',
        'RUN echo c',
      ].join('\n'),
      'docker-bake.hcl': ['a', 'b', 'c']
        .map((name) => `target "${name}" {\n target = "${name}"\n output = ["out-${name}"]\n}`)
        .join('\n'),
    });
    const { code, stderr } = house.stave(['bake', '--progress', 'plain', 'a', 'b', 'c'], { cwd });
    assert.equal(code, 0, stderr);
    assert.equal([...stderr.matchAll(/RUN sleep 1[^\n]*\n#\d+ runs: /g)].length, 1, stderr);
    const [a, b, c] = ['a', 'b', 'c'].map((name) =>
      readFileSync(join(cwd, `out-${name}/id`), 'utf8'),
    );
    assert.deepEqual([b, c], [a, a]);
  },
);
