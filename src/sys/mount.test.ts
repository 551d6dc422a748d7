import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { canMount } from './namespace.ts';

const dir = mkdtempSync(join(tmpdir(), 'stave-mount-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const skip = canMount() ? false : 'needs root with CAP_SYS_ADMIN';

/** Runs `body` in a process with mounts of its own; it prints what the test looks at. */
function inside(body: string): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import fs from 'node:fs';
       import { execFileSync } from 'node:child_process';
       const sys = Object.assign({}, await import('${import.meta.dirname}/namespace.ts'),
         await import('${import.meta.dirname}/mount.ts'));
       process.chdir(${JSON.stringify(dir)});
       ${body}`,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

test('enterPrivateMounts() gives mounts that children see and the host does not', { skip }, () => {
  mkdirSync(join(dir, 'private'));
  const seen = inside(`
      const before = sys.inPrivateMounts();
      const entered = sys.enterPrivateMounts();
      sys.mountTmpfs(process.cwd() + '/private', { mode: 0o700 });
      fs.writeFileSync('private/x', 'here');
      console.log(before, entered, sys.inPrivateMounts(), execFileSync('/bin/cat', ['private/x'], { encoding: 'utf8' }));
    `);
  assert.equal(seen, 'false true true here');
  assert.doesNotMatch(readFileSync('/proc/self/mountinfo', 'utf8'), /stave-mount-/);
});

test('enterPrivateMounts() hides the version 2 half of hybrid cgroups', { skip }, () => {
  const seen = inside(`
    sys.enterPrivateMounts();
    const path = '/sys/fs/cgroup/unified';
    const left = fs.existsSync(path) && fs.statfsSync(path).type === 0x63677270;
    console.log(left, sys.hideHybridCgroup() === fs.existsSync(path));
  `);
  assert.equal(seen, 'false true');
});

test('mountOverlay() stacks lower directories with the last on top', { skip }, () => {
  const seen = inside(`
    sys.enterPrivateMounts();
    for (const d of ['a', 'b', 'u', 'w', 'm']) fs.mkdirSync(d);
    fs.writeFileSync('a/one', 'a'); fs.writeFileSync('a/both', 'a'); fs.writeFileSync('b/both', 'b');
    const here = process.cwd();
    {
      using root = sys.mountOverlay(here + '/m', { lower: [here + '/a', here + '/b'], upper: here + '/u', work: here + '/w' });
      fs.rmSync('m/one'); fs.writeFileSync('m/new', 'n');
      console.log(fs.readFileSync('m/both', 'utf8'), fs.readdirSync('m').join());
    }
    console.log(fs.readdirSync('m').length, fs.readdirSync('u').sort().join(), fs.lstatSync('u/one').isCharacterDevice());
  `);
  assert.equal(seen, 'b both,new\n0 new,one true');
});

test('mountOverlay() takes hundreds of layers', { skip }, () => {
  const seen = inside(`
    sys.enterPrivateMounts();
    fs.mkdirSync('many'); fs.mkdirSync('mm');
    const here = process.cwd();
    const lower = Array.from({ length: 300 }, (_, i) => here + '/many/layer-with-a-long-name-' + i);
    lower.forEach((d, i) => { fs.mkdirSync(d); fs.writeFileSync(d + '/' + i, ''); });
    using root = sys.mountOverlay(here + '/mm', { lower });
    console.log(fs.readdirSync('mm').length);
  `);
  assert.equal(seen, '300');
});

test('mountOverlay() without layers is the upper directory itself', { skip }, () => {
  const seen = inside(`
    sys.enterPrivateMounts();
    fs.mkdirSync('only'); fs.mkdirSync('om');
    const here = process.cwd();
    using root = sys.mountOverlay(here + '/om', { lower: [], upper: here + '/only', work: here + '/none' });
    fs.writeFileSync('om/x', 'x');
    console.log(fs.readdirSync('only').join());
  `);
  assert.equal(seen, 'x');
});

test('bindMount() readonly refuses writes', { skip }, () => {
  const seen = inside(`
    sys.enterPrivateMounts();
    fs.mkdirSync('src'); fs.mkdirSync('dst');
    using bound = sys.bindMount(process.cwd() + '/src', process.cwd() + '/dst', { readonly: true });
    try { fs.writeFileSync('dst/x', ''); } catch (error) { console.log(error.code); }
  `);
  assert.equal(seen, 'EROFS');
});

test('unmount() of what is not mounted does nothing', { skip }, () => {
  const seen = inside(`sys.unmount(process.cwd()); sys.unmount('/nowhere'); console.log('fine');`);
  assert.equal(seen, 'fine');
});

test('mountsBelow() finds mounts with odd names, the inner ones first', { skip }, () => {
  const seen = inside(`
    sys.enterPrivateMounts();
    const here = process.cwd();
    fs.mkdirSync('odd');
    sys.mountTmpfs(here + '/odd');
    fs.mkdirSync('odd/a b\\n');
    sys.mountTmpfs(here + '/odd/a b\\n');
    console.log(JSON.stringify(sys.mountsBelow(here).map((path) => path.slice(here.length))));
    for (const path of sys.mountsBelow(here)) sys.unmount(path);
    console.log(sys.mountsBelow(here).length);
  `);
  assert.equal(seen, '["/odd/a b\\n","/odd"]\n0');
});
