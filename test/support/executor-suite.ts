import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ExitStatus, Executor, ProcessSpec } from '../../src/runtime/executor.ts';
import { openExecutor } from '../../src/runtime/open-executor.ts';
import { busyboxRoot, cannotRun } from './busybox-root.ts';
import { SYSCALL, syscallProgram } from './syscall-program.ts';

/** What every way of running processes must do. `enter` prepares this process for that way; `options` go with each run. */
export function executorSuite(
  name: string,
  enter: () => void,
  options: { readonly another?: boolean } = {},
): void {
  const skip = cannotRun;
  const scratch = skip === false ? mkdtempSync(join(tmpdir(), 'stave-executor-')) : '';
  let executor: Executor;
  // No other test process may meet this one's control groups.
  const storeId = `test${process.pid}`;
  let count = 0;

  before(async () => {
    if (skip !== false) return;
    enter();
    busyboxRoot(join(scratch, 'base'));
    const opened = await openExecutor({ stateDir: join(scratch, 'run'), storeId });
    executor = {
      runtime: opened.runtime,
      soon: () => opened.soon(),
      run: (spec, io, more) => opened.run(spec, io, { ...more, ...options }),
      [Symbol.asyncDispose]: async () => opened[Symbol.asyncDispose](),
    };
  });
  after(async () => {
    await executor?.[Symbol.asyncDispose]();
    if (skip === false) rmSync(scratch, { recursive: true });
  });

  const directory = (path: string): string => {
    mkdirSync(join(scratch, path), { recursive: true });
    return join(scratch, path);
  };
  const spec = (argv: readonly string[], more: Partial<ProcessSpec> = {}): ProcessSpec => {
    const id = `p${++count}`;
    return {
      id,
      root: {
        lower: [join(scratch, 'base')],
        upper: directory(`${id}/upper`),
        work: directory(`${id}/work`),
      },
      argv,
      env: ['PATH=/bin'],
      cwd: '/',
      user: { uid: 0, gid: 0, additionalGids: [] },
      hostname: 'box',
      mounts: [],
      network: 'none',
      ...more,
    };
  };
  const run = async (
    argv: readonly string[],
    more: Partial<ProcessSpec> = {},
  ): Promise<{ status: ExitStatus; stdout: string; stderr: string }> => {
    let stdout = '';
    let stderr = '';
    const status = await executor.run(spec(argv, more), {
      stdout: (chunk) => (stdout += Buffer.from(chunk).toString()),
      stderr: (chunk) => (stderr += Buffer.from(chunk).toString()),
    });
    return { status, stdout, stderr };
  };
  const sh = async (script: string, more?: Partial<ProcessSpec>): Promise<string> => {
    const { stdout, stderr, status } = await run(['sh', '-c', script], more);
    assert.deepEqual({ status, stderr }, { status: { code: 0 }, stderr: '' });
    return stdout.trim();
  };
  const check = (title: string, body: () => Promise<void>): void => {
    test(`${name}: ${title}`, { skip }, body);
  };

  check('run() keeps stdout and stderr apart and tells the exit code', async () => {
    assert.deepEqual(await run(['sh', '-c', 'echo out; echo err >&2; exit 7']), {
      status: { code: 7 },
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  check('run() reports a process killed by a signal as 128 and the signal', async () => {
    const { status } = await run(['sh', '-c', "sh -c 'kill -9 $$'; exit $?"]);
    assert.deepEqual(status, { code: 137 });
  });

  check('run() writes changes into the upper directory', async () => {
    const asked = spec(['sh', '-c', 'echo hi > /tmp/file']);
    await executor.run(asked, { stdout: () => undefined, stderr: () => undefined });
    assert.equal(readFileSync(join(asked.root.upper, 'tmp/file'), 'utf8'), 'hi\n');
  });

  check('run() throws CommandNotFoundError, with nothing on stderr', async () => {
    let stderr = '';
    const io = { stdout: () => undefined, stderr: (chunk: Uint8Array) => void (stderr += chunk) };
    await assert.rejects(executor.run(spec(['/nope']), io), {
      name: 'CommandNotFoundError',
      message: 'exec: "/nope": stat /nope: no such file or directory',
      exitCode: 127,
    });
    await assert.rejects(executor.run(spec(['nope']), io), {
      message: 'exec: "nope": executable file not found in $PATH',
      exitCode: 127,
    });
    assert.equal(stderr, '');
  });

  check('run() throws CommandNotExecutableError', async () => {
    const io = { stdout: () => undefined, stderr: () => undefined };
    await assert.rejects(executor.run(spec(['/bin']), io), {
      name: 'CommandNotExecutableError',
      message: 'exec: "/bin": is a directory: permission denied',
      exitCode: 126,
    });
    await assert.rejects(executor.run(spec(['/etc/passwd']), io), {
      message: 'exec: "/etc/passwd": permission denied',
      exitCode: 126,
    });
    const asked = spec(['/text']);
    writeFileSync(join(asked.root.upper, 'text'), 'just words\n', { mode: 0o755 });
    await assert.rejects(executor.run(asked, io), {
      message: 'exec /text: exec format error',
      exitCode: 126,
    });
  });

  check("run() gives Docker's capabilities, a filter, and none to inherit", async () => {
    const status = (await run(['cat', '/proc/self/status'])).stdout;
    const field = (key: string): string =>
      new RegExp(`^${key}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';
    assert.equal(field('CapEff'), '00000000a80425fb');
    assert.equal(field('CapPrm'), '00000000a80425fb');
    assert.equal(field('CapBnd'), '00000000a80425fb');
    assert.equal(field('CapInh'), '0000000000000000');
    assert.equal(field('CapAmb'), '0000000000000000');
    assert.equal(field('Seccomp'), '2');
    assert.equal(field('NoNewPrivs'), '0');
    assert.equal(field('Groups'), '0');
    assert.equal(field('SigIgn'), '0000000000000000');
    assert.equal(field('SigBlk'), '0000000000000000');
  });

  check('run() sets no-new-privileges when it is asked for', async () => {
    assert.equal(
      await sh('grep NoNewPrivs /proc/self/status', { noNewPrivileges: true }),
      'NoNewPrivs:\t1',
    );
  });

  check('run() hands on no descriptor but the first three', async () => {
    assert.equal(await sh('cd /proc/self/fd && echo *', {}), '0 1 2 3');
    assert.equal(await sh('readlink /proc/self/fd/0'), '/dev/null');
  });

  check('run() gives pipes that can be opened by name', async () => {
    const { stdout, stderr } = await run([
      'sh',
      '-c',
      'echo a > /dev/stdout; echo b > /dev/stderr; echo c > /proc/self/fd/2',
    ]);
    assert.deepEqual({ stdout, stderr }, { stdout: 'a\n', stderr: 'b\nc\n' });
  });

  check('run() masks what tells about the machine, and keeps settings read-only', async () => {
    const seen = await sh(
      'wc -c < /proc/interrupts; wc -c < /proc/keys; wc -c < /proc/timer_list; echo /sys/firmware/* /proc/acpi/*; ' +
        'for f in /proc/sys/kernel/hostname /proc/sysrq-trigger; do (echo x > $f) 2>/dev/null || echo refused; done',
    );
    assert.equal(seen, '0\n0\n0\n/sys/firmware/* /proc/acpi/*\nrefused\nrefused');
  });

  check('run() opens no device but the harmless ones, whatever node is made', async () => {
    assert.equal(
      await sh(
        'echo x > /dev/null; mknod /disk b 8 0; mknod /dev/mem c 1 1; mknod /null c 1 3; echo y > /null; ' +
          'for f in /disk /dev/mem; do (: < $f) 2>/dev/null || echo refused; done',
      ),
      'refused\nrefused',
    );
  });

  check('run() brings the loopback interface up and nothing else without a network', async () => {
    assert.equal(
      await sh('ls /sys/class/net; ip addr show lo | grep -c "inet 127.0.0.1"'),
      'lo\n1',
    );
    assert.equal(await sh('cat /proc/sys/net/ipv4/ip_unprivileged_port_start'), '0');
  });

  check("run() uses the machine's interfaces with network host", async () => {
    const names = readdirSync('/sys/class/net').sort().join('\n');
    assert.equal(await sh('ls /sys/class/net', { network: 'host' }), names);
  });

  check('run() is process 1 with its own host name and umask 022', async () => {
    assert.equal(await sh('echo $$ $(hostname) $(umask)'), '1 box 0022');
  });

  check('run() refuses writes to a read-only root, but not to /dev/shm', async () => {
    const asked = spec([]);
    const root = { ...asked.root, readonly: true };
    assert.equal(
      await sh('(: > /file) 2>/dev/null || echo refused; : > /dev/shm/x && echo fine', { root }),
      'refused\nfine',
    );
  });

  check('run() takes the user and exactly the groups it is given', async () => {
    const user = { uid: 1000, gid: 1000, additionalGids: [44] };
    assert.equal(
      await sh('id', { user }),
      'uid=1000(app) gid=1000(app) groups=44(video),1000(app)',
    );
    assert.equal(await sh('echo x > /dev/stdout', { user }), 'x');
    assert.equal(await sh('grep CapEff /proc/self/status', { user }), 'CapEff:\t0000000000000000');
  });

  check('run() mounts binds and memory where it is told', async () => {
    const source = directory('shared');
    writeFileSync(join(source, 'a'), 'from outside');
    const seen = await sh(
      'cat /etc/passwd; cat /tmp/a; (: > /tmp/b) 2>/dev/null || echo refused; stat -f -c %T /home/app; stat -c %a /home/app',
      {
        mounts: [
          { type: 'bind', source: join(source, 'a'), target: '/etc/passwd', readonly: true },
          { type: 'bind', source, target: '/tmp', readonly: true },
          { type: 'tmpfs', target: '/home/app', size: 65_536, mode: 0o700 },
        ],
      },
    );
    assert.equal(seen, 'from outsidefrom outsiderefused\ntmpfs\n700');
  });

  check('run() lowers limits above its own instead of failing', async () => {
    const hard = Number(
      /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1],
    );
    const raised = { type: 'RLIMIT_NOFILE', soft: hard * 2, hard: hard * 2 };
    const seen = Number(await sh('ulimit -Hn', { rlimits: [raised] }));
    assert.ok(seen === hard || seen === hard * 2);
    const lowered = { type: 'RLIMIT_NOFILE', soft: 64, hard: 128 };
    assert.equal(await sh('ulimit -Sn; ulimit -Hn', { rlimits: [lowered] }), '64\n128');
  });

  check('run() limits the number of processes', async () => {
    const { stderr } = await run(['sh', '-c', 'sleep 9 & sleep 9 & sleep 9 & sleep 9 & wait'], {
      cgroup: { pids: 3 },
    });
    assert.match(stderr, /can't fork/);
  });

  check('run() passes much output on as it comes', async () => {
    const size = 64 * 1024 * 1024;
    const hash = createHash('sha256');
    let seen = 0;
    let largest = 0;
    await executor.run(spec(['sh', '-c', `yes | head -c ${size}`]), {
      stdout: (chunk) => {
        hash.update(chunk);
        seen += chunk.length;
        largest = Math.max(largest, chunk.length);
      },
      stderr: () => undefined,
    });
    assert.equal(seen, size);
    assert.equal(
      hash.digest('hex'),
      createHash('sha256')
        .update('y\n'.repeat(size / 2))
        .digest('hex'),
    );
    assert.ok(largest <= 1024 * 1024);
  });

  check('run() kills everything on abort, and throws the reason', async () => {
    const stop = new AbortController();
    const marker = `86${process.pid}${count}`;
    const running = executor.run(
      spec(['sh', '-c', `trap "" TERM INT; sleep ${marker} & echo up; sleep ${marker}`]),
      { stdout: () => stop.abort(new Error('enough')), stderr: () => undefined },
      { signal: stop.signal },
    );
    await assert.rejects(running, { message: 'enough' });
    assert.deepEqual(processesWith(marker), []);
  });

  check('run() leaves nothing behind', async () => {
    await run(['true']);
    const left = readdirSync(join(scratch, 'run/processes'));
    const state = join(scratch, 'run/runtime');
    assert.deepEqual(left, []);
    assert.deepEqual(existsSync(state) ? readdirSync(state) : [], []);
    // The directory of bundles may be mounted on itself; nothing is below it.
    assert.doesNotMatch(
      readFileSync('/proc/self/mountinfo', 'utf8'),
      new RegExp(`${scratch}(?!/run/processes )`),
    );
    for (const controller of readdirSync('/sys/fs/cgroup')) {
      const parent = `/sys/fs/cgroup/${controller}/stave`;
      const groups = existsSync(parent) ? readdirSync(parent) : [];
      assert.deepEqual(
        groups.filter((group) => group.startsWith(`${storeId}-`)),
        [],
      );
    }
  });

  const refusals: readonly (readonly [string, number, readonly number[], number])[] = [
    ['clone of a user namespace', SYSCALL.clone, [0x10000000], 1],
    ['clone of a mount namespace', SYSCALL.clone, [0x00020000], 1],
    ['clone3', SYSCALL.clone3, [], 38],
    ['unshare', SYSCALL.unshare, [0x10000000], 1],
    ['setns', SYSCALL.setns, [], 1],
    ['mount', SYSCALL.mount, [], 1],
    ['open_tree', SYSCALL.openTree, [], 1],
    ['fsopen', SYSCALL.fsopen, [], 1],
    ['keyctl', SYSCALL.keyctl, [], 1],
    ['add_key', SYSCALL.addKey, [], 1],
    ['request_key', SYSCALL.requestKey, [], 1],
    ['bpf', SYSCALL.bpf, [], 1],
    ['perf_event_open', SYSCALL.perfEventOpen, [], 1],
    ['userfaultfd', SYSCALL.userfaultfd, [], 1],
    ['io_uring_setup', SYSCALL.ioUringSetup, [], 1],
    ['kexec_load', SYSCALL.kexecLoad, [], 1],
    ['socket of AF_ALG', SYSCALL.socket, [38, 5, 0], 1],
    ['socket of AF_VSOCK', SYSCALL.socket, [40, 1, 0], 1],
    ['socket of AF_UNIX', SYSCALL.socket, [1, 1, 0], 0],
    ['personality of Linux', SYSCALL.personality, [0], 0],
    ['personality without address randomisation', SYSCALL.personality, [0x40000], 38],
    ['ptrace of its parent', SYSCALL.ptrace, [0], 0],
    ['a call that does not exist', SYSCALL.unknown, [], 38],
  ];
  const notHere = process.arch === 'x64' ? skip : 'needs an x86-64 machine';
  test(`${name}: run() filters system calls`, { skip: notHere }, async () => {
    const asked = spec([]);
    refusals.forEach(([, number, args], index) =>
      writeFileSync(join(asked.root.upper, `call${index}`), syscallProgram(number, ...args), {
        mode: 0o755,
      }),
    );
    const script = refusals.map((_, index) => `/call${index}; echo $?`).join('\n');
    const codes = (await sh(script, { root: asked.root })).split('\n');
    assert.deepEqual(
      refusals.map(([title], index) => `${title}: ${codes[index]}`),
      refusals.map(([title, , , expected]) => `${title}: ${expected}`),
    );
  });
}

/** Processes of the machine whose command line holds `marker`. */
export function processesWith(marker: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(marker);
      } catch {
        return false;
      }
    });
}
