import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cannotRun as skip } from '../../../test/support/busybox-root.ts';
import { runBench } from '../../../test/support/run-bench.ts';
import { cdiDevices } from '../../runtime/cdi.ts';

test(
  'a tmpfs mount is in memory, of the size asked for, and leaves nothing',
  { skip },
  async (t) => {
    const { build } = await runBench(t);
    const { log, added } = await build(
      `FROM base
RUN --mount=type=tmpfs,target=/t,size=1m df -k /t | busybox tail -1 | busybox awk '{print $1, $2}'; echo x > /t/x; busybox ls /t`,
    );
    assert.equal(log, 'tmpfs 1024\nx\n');
    assert.deepEqual(added, []);
  },
);

test('RUN has the limits that the build was given', { skip }, async (t) => {
  const { build } = await runBench(t);
  const { log } = await build(
    `FROM base
RUN ulimit -n; ulimit -Hn; df -k /dev/shm | busybox tail -1 | busybox awk '{print $2}'; grep '^1.2.3.4\\|gate' /etc/hosts; grep NoNewPrivs /proc/self/status`,
    {
      ulimits: [{ type: 'nofile', soft: 100, hard: 200 }],
      shmSize: 1024 * 1024,
      extraHosts: ['one:1.2.3.4', 'gate:host-gateway'],
      noNewPrivileges: true,
    },
  );
  assert.equal(log, '100\n200\n1024\n1.2.3.4\tone\n127.0.0.1\tgate\nNoNewPrivs:\t1\n');
});

test('RUN is stopped where it takes more memory than the build allows', { skip }, async (t) => {
  const { build } = await runBench(t);
  const text = `FROM base\nRUN busybox dd if=/dev/zero of=/dev/null bs=40M count=1`;
  await build(text, { memory: 80 * 1024 * 1024, memorySwap: 80 * 1024 * 1024 });
  await assert.rejects(
    build(text, { noCache: true, memory: 16 * 1024 * 1024, memorySwap: 16 * 1024 * 1024 }),
    /did not complete successfully/,
  );
});

test(
  'RUN runs on the processors, and in the control group, that the build names',
  { skip },
  async (t) => {
    const { build } = await runBench(t);
    const { log } = await build(
      'FROM base\nRUN grep Cpus_allowed_list /proc/self/status; grep -c "/stave-test/" /proc/self/cgroup || true',
      {
        cpusetCpus: '0',
        cpuShares: 512,
        cpuPeriod: 50_000,
        cpuQuota: 25_000,
        cgroupParent: 'stave-test',
      },
    );
    assert.match(log, /^Cpus_allowed_list:\t0\n/);
    // What is above a process's own group stays: it may be anybody's.
    for (const one of ['.', ...readdirSync('/sys/fs/cgroup')]) {
      const group = join('/sys/fs/cgroup', one, 'stave-test');
      if (!existsSync(group)) continue;
      assert.deepEqual(
        readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory()),
        [],
      );
      rmdirSync(group);
    }
  },
);

test(
  'RUN --network=host, --security=insecure and --device want to be allowed',
  { skip },
  async (t) => {
    const { build } = await runBench(t);
    for (const [flag, name] of [
      ['--network=host', 'network.host'],
      ['--security=insecure', 'security.insecure'],
      ['--device=vendor.com/class=one', 'device'],
    ]) {
      await assert.rejects(
        build(`FROM base\nRUN ${flag} true`),
        (error: Error & { hint?: string; detail?: string }) =>
          error.message.includes(`${name} is not allowed`) &&
          error.hint === `Allow it with --allow ${name}.` &&
          /   2 \| >>> RUN --/.test(error.detail ?? ''),
      );
      const allow = [name ?? ''];
      await build(`FROM base\nRUN ${flag} true`, { allow });
    }
    await build('FROM base\nRUN --network=host true', { network: 'host' });
    await assert.rejects(
      build('FROM base\nRUN true', { allow: ['all'] }),
      /unknown entitlement "all"/,
    );
  },
);

test('RUN --security=insecure has all capabilities and no filter', { skip }, async (t) => {
  const { build } = await runBench(t);
  const { log } = await build(
    'FROM base\nRUN grep -E "CapEff|Seccomp:" /proc/self/status\nRUN --security=insecure grep -E "CapEff|Seccomp:" /proc/self/status',
    { allow: ['security.insecure'] },
  );
  const [usual = '', filter, all = '', none] = log.trim().split('\n');
  assert.match(usual, /a80425fb/);
  assert.equal(filter, 'Seccomp:\t2');
  assert.ok(all > usual);
  assert.equal(none, 'Seccomp:\t0');
});

test('RUN --device refuses a required device that the machine lacks', { skip }, async (t) => {
  const { build } = await runBench(t);
  await assert.rejects(
    build('FROM base\nRUN --device=nobody.example/class=one,required true', { allow: ['device'] }),
    /required CDI device "nobody\.example\/class=one" is not registered/,
  );
});

test('cdiDevices() reads what devices need', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'stave-cdi-'));
  t.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(
    join(directory, 'a.json'),
    JSON.stringify({
      cdiVersion: '0.6.0',
      kind: 'example.com/net',
      containerEdits: { env: ['ALL=1'] },
      devices: [
        {
          name: 'one',
          containerEdits: {
            env: ['ONE=1'],
            deviceNodes: [{ path: '/dev/one', hostPath: '/dev/null', permissions: 'rw' }],
            mounts: [
              { hostPath: '/usr/lib/one', containerPath: '/lib/one', options: ['ro', 'bind'] },
            ],
            hooks: [{ hookName: 'createContainer', path: '/bin/true', args: ['true'] }],
          },
        },
        { name: 'two', containerEdits: { env: ['TWO=1'] } },
        {
          name: 'three',
          annotations: { 'org.mobyproject.buildkit.device.class': 'kind' },
          containerEdits: { env: ['THREE=1'] },
        },
      ],
    }),
  );
  const find = (name: string): ReturnType<typeof cdiDevices> => cdiDevices(name, [directory]);
  assert.deepEqual(find('example.com/net=one'), {
    env: ['ALL=1', 'ONE=1'],
    devices: [
      {
        path: '/dev/one',
        type: 'c',
        major: 1,
        minor: 3,
        fileMode: 0o666,
        uid: 0,
        gid: 0,
        access: 'rw',
      },
    ],
    mounts: [
      {
        type: 'bind',
        source: '/usr/lib/one',
        target: '/lib/one',
        readonly: true,
        recursive: false,
        options: [],
      },
    ],
    hooks: { createContainer: [{ path: '/bin/true', args: ['true'] }] },
    additionalGids: [],
  });
  assert.deepEqual(find('example.com/net')?.env, ['ALL=1', 'ONE=1']);
  assert.deepEqual(find('example.com/net=*')?.env, ['ALL=1', 'ONE=1', 'TWO=1', 'THREE=1']);
  assert.deepEqual(find('kind')?.env, ['ALL=1', 'THREE=1']);
  assert.equal(find('example.com/net=four'), undefined);
  writeFileSync(join(directory, 'b.yaml'), 'kind: x\n');
  assert.throws(() => find('example.com/net'), /b\.yaml: device descriptions in YAML/);
});

test('an ssh mount gives RUN an agent', { skip }, async (t) => {
  const { build, directory } = await runBench(t);
  await assert.rejects(
    build('FROM base\nRUN --mount=type=ssh,required true'),
    /no SSH key "default" forwarded from the client/,
  );
  const without = await build('FROM base\nRUN --mount=type=ssh test ! -e $SSH_AUTH_SOCK; echo $?');
  assert.equal(without.log, '0\n');
  if (!existsSync('/usr/bin/ssh-keygen')) return t.skip('needs OpenSSH');
  const key = join(directory, 'key');
  execFileSync('/usr/bin/ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', key]);
  const { log, added } = await build(
    `FROM base
RUN --mount=type=ssh stat -c '%a %u %F' $SSH_AUTH_SOCK; echo $SSH_AUTH_SOCK
RUN --mount=type=ssh,id=default,target=/s/agent,mode=0666,uid=1000 stat -c '%a %u %F' /s/agent; echo $SSH_AUTH_SOCK`,
    { ssh: { default: [key] } },
  );
  assert.equal(log, '600 0 socket\n/run/buildkit/ssh_agent.0\n666 1000 socket\n/s/agent\n');
  assert.deepEqual(added, []);
});
