import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ProcessSpec } from '../../src/runtime/executor.ts';
import { openExecutor } from '../../src/runtime/open-executor.ts';
import type { PreparedSource } from '../../src/runtime/prepare.ts';
import { busyboxRoot, cannotRun as skip } from './busybox-root.ts';

interface House {
  readonly path: (name: string) => string;
  /** Runs a script with these sources at /0, /1, …; what it printed. */
  readonly run: (
    script: string,
    sources: readonly PreparedSource[],
    more?: Partial<ProcessSpec>,
  ) => Promise<string>;
}

async function house(t: TestContext): Promise<House> {
  const scratch = mkdtempSync(join(tmpdir(), 'stave-prepare-'));
  t.after(() => rmSync(scratch, { recursive: true }));
  const base = busyboxRoot(join(scratch, 'base'));
  const executor = await openExecutor({
    stateDir: join(scratch, 'run'),
    storeId: `prepare${process.pid}`,
  });
  let count = 0;
  return {
    path: (name) => join(scratch, name),
    async run(script, sources, more = {}) {
      const id = `p${++count}`;
      const [upper, work] = [join(scratch, `${id}-upper`), join(scratch, `${id}-work`)];
      for (const one of [upper, work]) mkdirSync(one);
      let output = '';
      const take = (chunk: Uint8Array): void => void (output += Buffer.from(chunk).toString());
      const spec: ProcessSpec = {
        id,
        root: { lower: [base], upper, work },
        argv: ['sh', '-c', script],
        env: ['PATH=/bin'],
        cwd: '/',
        user: { uid: 0, gid: 0, additionalGids: [] },
        hostname: 'box',
        mounts: sources.map((source, index) => ({
          type: 'prepared',
          source,
          target: `/${index}`,
          readonly: true,
        })),
        network: 'none',
        ...more,
      };
      const status = await executor.run(spec, { stdout: take, stderr: take });
      assert.deepEqual(status, { code: 0 }, output);
      assert.deepEqual(readdirSync(join(scratch, 'run/processes')), []);
      return output;
    },
  };
}

const ALL = Buffer.alloc(0);

/** What preparing mounts must do, in whatever way processes are run. */
export function prepareSuite(name: string, enter: () => void): void {
  if (skip === false) enter();

  test(`${name}: a part of a directory is resolved inside it`, { skip }, async (t) => {
    const { path, run } = await house(t);
    mkdirSync(path('tree/sub'), { recursive: true });
    writeFileSync(path('tree/sub/f'), 'inside');
    symlinkSync('/sub', path('tree/link'));
    symlinkSync(path('base'), path('tree/out'));
    const part = (text: string, file: boolean): PreparedSource => ({
      kind: 'directory',
      root: path('tree'),
      path: Buffer.from(text),
      file,
    });
    const output = await run('cat /0/f /1; touch /0/x 2>/dev/null || echo " ro"', [
      part('link', false),
      part('../link/f', true),
    ]);
    assert.equal(output, 'insideinside ro\n');
    await assert.rejects(run('true', [part('out', false)]), /no such file|ENOENT/i);
    await assert.rejects(run('true', [part('sub', true)]), /changed while it was mounted/);
  });

  test(`${name}: directories are stacked, with places for other mounts`, { skip }, async (t) => {
    const { path, run } = await house(t);
    for (const one of ['low', 'high/dir', 'upper', 'work', 'bottom/part']) {
      mkdirSync(path(one), { recursive: true });
    }
    writeFileSync(path('low/a'), 'a');
    writeFileSync(path('high/dir/b'), 'b');
    writeFileSync(path('bottom/part/c'), 'c');
    const bottom = { root: path('bottom'), path: Buffer.from('part') };
    const overlay = {
      lower: [path('low'), path('high')],
      upper: path('upper'),
      work: path('work'),
    };
    const points = [
      { path: 'new/place', kind: 'directory' as const },
      { path: 'dir/file', kind: 'file' as const },
    ];
    const output = await run('ls /0 /0/new /0/dir /1', [
      { kind: 'overlay', overlay, bottom, path: ALL, points },
      {
        kind: 'overlay',
        overlay: { lower: [path('low'), path('high')] },
        path: Buffer.from('dir'),
      },
    ]);
    assert.equal(output, '/0:\na\nc\ndir\nnew\n\n/0/dir:\nb\nfile\n\n/0/new:\nplace\n\n/1:\nb\n');
    assert.deepEqual(readdirSync(path('bottom/part')), ['c']);
  });

  test(`${name}: secrets are in memory, and nowhere else`, { skip }, async (t) => {
    const { path, run } = await house(t);
    const secret = (text: string): PreparedSource => ({
      kind: 'secret',
      content: Buffer.from(text),
      mode: 0o440,
      uid: 3,
      gid: 4,
    });
    // The process sees all, the disk meanwhile nothing: `find` runs on the host beside it.
    const running = run(
      'cat /0 /1; stat -c "%a %u %g" /0; echo "$TOKEN"; grep -c "^tmpfs /0 tmpfs ro" /proc/mounts; sleep 0.3',
      [secret('first-value'), secret('second')],
      { secretEnv: ['TOKEN=third-value'] },
    );
    let seen = '';
    const looking = setInterval(() => {
      const bundle = path('run/processes/p1');
      for (const file of ['config.json', 'mounts/0', 'mounts/memory/0']) {
        const place = join(bundle, file);
        if (!name.includes('child') || !existsSync(place)) continue;
        seen += readFileSync(place, 'utf8');
      }
    }, 10);
    const output = await running;
    clearInterval(looking);
    assert.equal(output, 'first-valuesecond440 3 4\nthird-value\n1\n');
    assert.doesNotMatch(seen, /value/);
  });
}
