import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { House, skip } from './house.ts';

let house: House;
before(() => {
  if (skip !== false) return;
  house = new House();
  house.base();
  writeFileSync(
    join(house.directory, 'no-chmod.json'),
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['chmod', 'fchmodat', 'fchmodat2'], action: 'SCMP_ACT_ERRNO' }],
    }),
  );
});
after(() => {
  if (skip === false) house[Symbol.dispose]();
});

const STATUS = "grep -E 'Cap|NoNew|Seccomp:' /proc/self/status";

/** What a flag does, seen from inside. */
const INSIDE: readonly (readonly [
  flags: readonly string[],
  script: string,
  shows: readonly RegExp[],
])[] = [
  [
    [],
    STATUS,
    [/CapInh:\s0+$/m, /CapEff:\s0*a80425fb$/m, /CapAmb:\s0+$/m, /NoNewPrivs:\s0/, /Seccomp:\s2/],
  ],
  [[], 'ls -l /proc/self/fd | wc -l; pwd', [/^[4-6]$/m, /^\/$/m]],
  [[], 'echo 1 >/proc/sys/kernel/panic', [/Read-only file system/]],
  [[], 'cat /proc/kcore /proc/keys | wc -c', [/^0$/m]],
  [[], 'mount -t tmpfs t /mnt || mkdir /mnt; unshare -m true', [/(denied|not permitted)/]],
  [[], 'df -m /dev/shm | tail -1', [/\b64\b/]],
  [['--cap-drop', 'ALL'], STATUS, [/CapEff:\s0+$/m, /CapBnd:\s0+$/m]],
  [['--cap-drop', 'ALL', '--cap-add', 'chown'], STATUS, [/CapEff:\s0+1$/m]],
  [['--cap-add', 'SYS_PTRACE'], STATUS, [/CapEff:\s0*a80c25fb$/m]],
  [['--security-opt', 'no-new-privileges'], STATUS, [/NoNewPrivs:\s1/]],
  [['--security-opt', 'seccomp=unconfined'], STATUS, [/Seccomp:\s0/]],
  [['--security-opt', 'seccomp=no-chmod.json'], 'chmod 700 /', [/not permitted/]],
  [['--security-opt', 'systempaths=unconfined'], 'grep -c " /proc/" /proc/mounts', [/^0$/m]],
  [['--privileged'], STATUS, [/Seccomp:\s0/]],
  [
    ['--privileged'],
    'grep " /sys " /proc/mounts; grep -c " /proc/" /proc/mounts',
    [/ rw,/, /^0$/m],
  ],
  [['--read-only', '--tmpfs', '/t'], 'touch /x; touch /t/x && ls /t', [/Read-only/, /^x$/m]],
  [['--shm-size', '32m'], 'df -m /dev/shm | tail -1', [/\b32\b/]],
  [['--init'], 'cat /proc/1/comm', [/^(init|catatonit|tini)/m]],
  [['--uts', 'host'], 'hostname', [/\w/]],
  [['--hostname', 'abc'], 'hostname', [/^abc$/m]],
  [['--group-add', '77'], 'id -G', [/\b77\b/]],
  [['-u', '1000:1000'], 'id -u; id -G', [/^1000$/m, /^1000$/m]],
  [['--sysctl', 'net.ipv4.ip_forward=1'], 'cat /proc/sys/net/ipv4/ip_forward', [/^1$/m]],
  [['--ulimit', 'nofile=64:64'], 'ulimit -n', [/^64$/m]],
  [['--pid', 'host'], 'ls /proc/1/exe; echo $$', [/^\d{2,}$/m]],
];

test('each flag shows inside', { skip }, () => {
  for (const [flags, script, shows] of INSIDE) {
    const args = [
      'run',
      '--rm',
      '--network',
      'none',
      ...flags,
      'base',
      'sh',
      '-c',
      `exec 2>&1; ${script}`,
    ];
    const { stdout, stderr } = house.stave(args, { cwd: house.directory });
    for (const show of shows) assert.match(stdout, show, `${args.join(' ')}\n${stderr}`);
  }
});

/** What is refused, or ends, with which code. */
const REFUSED: readonly (readonly [code: number, args: readonly string[], says: RegExp])[] = [
  [125, ['--security-opt', 'nonsense', 'base', 'true'], /invalid --security-opt/],
  [125, ['--security-opt', 'seccomp=/none', 'base', 'true'], /opening seccomp profile \(\/none\)/],
  [125, ['--security-opt', 'apparmor=x', 'base', 'true'], /not available/],
  [125, ['--device-cgroup-rule', 'x', 'base', 'true'], /invalid device cgroup format 'x'/],
  [125, ['--device', '/none', 'base', 'true'], /no such file or directory/],
  [125, ['--sysctl', 'kernel.panic=1', 'base', 'true'], /sysctl 'kernel\.panic' is not allowed/],
  [125, ['--ipc', 'x', 'base', 'true'], /invalid IPC mode: x/],
  [125, ['--pid', 'x', 'base', 'true'], /invalid PID mode: x/],
  [125, ['--cap-add', 'NONSENSE', 'base', 'true'], /NONSENSE/i],
  [125, ['--gpus', 'all', 'base', 'true'], /graphics processors/],
  [125, ['-u', 'nosuch', 'base', 'true'], /unable to find user nosuch/],
  [125, ['-u', '4294967296', 'base', 'true'], /4294967296/],
  [126, ['base', '/etc'], /permission denied|is a directory/],
  [127, ['base', '/none'], /no such file or directory/],
  [127, ['base', 'none'], /executable file not found/],
];

test('what cannot be is refused in a line, with its code, and leaves nothing', { skip }, () => {
  for (const [code, args, says] of REFUSED) {
    const ran = house.stave(['run', '--network', 'none', ...args]);
    assert.equal(ran.code, code, `${args.join(' ')}\n${ran.stderr}`);
    assert.match(ran.stderr, says);
    house.stave(['container', 'prune', '-f']);
  }
  assert.equal(house.must(['ps', '-aq']), '');
});

test('a working directory that is a descriptor leads nowhere', { skip }, () => {
  for (let fd = 3; fd < 12; fd++) {
    const args = ['run', '--rm', '--network', 'none', '-w', `/proc/self/fd/${fd}`, 'base', 'ls'];
    const { stdout, code } = house.stave([...args, '../../../../../..']);
    assert.equal(code === 0 && /\b(boot|lost\+found|work)\b/.test(stdout), false, stdout);
  }
});

test('a command that is the runtime itself is not', { skip }, () => {
  const args = ['run', '--rm', '--network', 'none', '--entrypoint', '/proc/self/exe', 'base'];
  const ran = house.stave([...args, '--version']);
  assert.doesNotMatch(ran.stdout, /crun version|runc version/);
});
