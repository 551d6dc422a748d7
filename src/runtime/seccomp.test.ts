import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CAPABILITIES } from './capabilities.ts';
import { seccompFilter, seccompProfile, type OciSeccomp } from './seccomp.ts';

const profile = seccompProfile();
const filter = (
  capabilities = DEFAULT_CAPABILITIES,
  kernel = '6.18.44',
  arch = 'x64',
): OciSeccomp => {
  const result = seccompFilter(profile, { arch, kernel, capabilities });
  assert.ok(result);
  return result;
};
const verdict = (from: OciSeccomp, name: string): string =>
  from.syscalls
    .filter((rule) => rule.names.includes(name))
    .map((rule) => (rule.args ? 'by argument' : `${rule.action} ${rule.errnoRet ?? ''}`.trim()))
    .join();

test('seccompFilter() answers unknown calls with ENOSYS', () => {
  assert.equal(filter().defaultAction, 'SCMP_ACT_ERRNO');
  assert.equal(filter().defaultErrnoRet, 38);
});

test('seccompFilter() refuses what leads out of a container', () => {
  const names = [
    'unshare',
    'setns',
    'mount',
    'bpf',
    'keyctl',
    'io_uring_setup',
    'pivot_root',
    'open_tree',
  ];
  for (const name of names) assert.equal(verdict(filter(), name), 'SCMP_ACT_ERRNO 1', name);
  assert.equal(verdict(filter(), 'clone3'), '');
});

test('seccompFilter() lets through what a capability needs, and never twice', () => {
  const more = filter([...DEFAULT_CAPABILITIES, 'CAP_SYS_ADMIN', 'CAP_SYS_TIME']);
  for (const name of ['mount', 'unshare', 'clone', 'clone3', 'settimeofday']) {
    assert.equal(verdict(more, name), 'SCMP_ACT_ALLOW', name);
  }
  const plain = more.syscalls.filter((rule) => !rule.args).flatMap((rule) => rule.names);
  assert.equal(new Set(plain).size, plain.length);
});

test('seccompFilter() allows chroot by its capability', () => {
  assert.equal(verdict(filter(), 'chroot'), 'SCMP_ACT_ALLOW');
  assert.equal(verdict(filter([]), 'chroot'), 'SCMP_ACT_ERRNO 1');
});

test('seccompFilter() allows ptrace from kernel 4.8 on', () => {
  assert.equal(verdict(filter(DEFAULT_CAPABILITIES, '4.8.0'), 'ptrace'), 'SCMP_ACT_ALLOW');
  assert.equal(verdict(filter(DEFAULT_CAPABILITIES, '4.4.302'), 'ptrace'), 'SCMP_ACT_ERRNO 1');
});

test('seccompFilter() checks the flags of clone where they are', () => {
  const mask = filter().syscalls.find(
    (rule) => rule.names.includes('clone') && rule.action === 'SCMP_ACT_ALLOW',
  );
  assert.deepEqual(mask?.args, [
    { index: 0, op: 'SCMP_CMP_MASKED_EQ', value: 0x7e020000, valueTwo: 0 },
  ]);
  const s390x = filter(DEFAULT_CAPABILITIES, '6.1', 's390x');
  assert.deepEqual(
    s390x.syscalls.find((rule) => rule.names.includes('clone'))?.args?.[0]?.index,
    1,
  );
});

test('seccompFilter() knows no filter for an unknown machine', () => {
  assert.equal(seccompFilter(profile, { arch: 'vax', kernel: '1.0', capabilities: [] }), undefined);
});
