import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { idOfStore, processesOf, tracesOf } from '../support/store-traces.ts';
import { exec, House, skip } from './house.ts';

/** Runs a script in which the machine seems to have been started anew; mounts made in it end with it. */
function afterBoot(house: House, script: string): string {
  const boot = join(house.directory, 'boot-id');
  writeFileSync(boot, '01234567-89ab-cdef-0123-456789abcdef\n');
  // What an end of the machine takes away, too.
  const unmount = `awk '$5 ~ "^${house.root}/" { print $5 }' /proc/self/mountinfo | xargs -r -n1 umount -l`;
  const bind = `mount --bind ${boot} /proc/sys/kernel/random/boot_id`;
  const stave = `stave() { ${house.command([]).join(' ')} "$@"; }`;
  const ran = exec(['unshare', '-m', 'sh', '-ec', `${unmount}; ${bind}; ${stave}; ${script}`]);
  assert.equal(ran.code, 0, ran.stderr);
  return ran.stdout;
}

function killAll(root: string, storeId: string): void {
  for (let n = 0; n < 3; n++) {
    for (const { pid } of processesOf(root, storeId)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
  }
}

test(
  'after a boot, what ran has ended, and policies start what they are to start',
  { skip },
  () => {
    using house = new House();
    house.base();
    const storeId = idOfStore(house.root);
    const run = (name: string, policy: string): void => {
      const rest = ['--network', 'none', '--restart', policy, 'base', 'sleep', '99'];
      house.must(['run', '-d', '--name', name, ...rest]);
    };
    run('ever', 'always');
    run('stopped-ever', 'always');
    run('unless', 'unless-stopped');
    run('stopped-unless', 'unless-stopped');
    run('never', 'no');
    house.must(['create', '--name', 'fresh', '--restart', 'always', 'base', 'sleep', '99']);
    house.must(['stop', '-t', '0', 'stopped-ever', 'stopped-unless']);
    killAll(house.root, storeId);
    const said = afterBoot(
      house,
      `stave ps -a --format '{{.Names}} {{.State}}'; echo --; stave start --restart-policy always,unless-stopped; echo --; stave ps --format '{{.Names}}'; stave rm -f ever stopped-ever unless stopped-unless never fresh >/dev/null`,
    );
    const [before = '', started = '', running = ''] = said.split('--\n');
    assert.deepEqual(before.trim().split('\n'), [
      'fresh created',
      'never exited',
      'stopped-unless exited',
      'unless exited',
      'stopped-ever exited',
      'ever exited',
    ]);
    assert.deepEqual(started.trim().split('\n'), ['ever', 'stopped-ever', 'unless']);
    assert.deepEqual(running.trim().split('\n'), ['unless', 'stopped-ever', 'ever']);
    killAll(house.root, storeId);
    assert.deepEqual(tracesOf(house.root, storeId), []);
  },
);

test(
  'system enable without systemd prints a line for a crontab',
  { skip: skip || hasSystemd() },
  () => {
    using house = new House();
    const said = house.stave(['system', 'enable']);
    assert.equal(said.stderr, 'systemd does not run here: put this into a crontab\n');
    assert.match(
      said.stdout,
      /^@reboot \S+\/node .* --root \S+ start --restart-policy always,unless-stopped\n$/,
    );
    const line = said.stdout.slice('@reboot '.length);
    assert.equal(exec(['sh', '-c', line]).code, 0);
  },
);

function hasSystemd(): string | false {
  return existsSync('/run/systemd/system') && readFileSync('/proc/1/comm', 'latin1') === 'systemd\n'
    ? 'systemd runs here'
    : false;
}
