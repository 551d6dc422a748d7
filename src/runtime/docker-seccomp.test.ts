import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerSeccomp } from './docker-seccomp.ts';

const subject = { arch: 'x64', kernel: '6.1.0', capabilities: ['CAP_CHOWN'] };

function names(rules: object): string[] {
  const profile = JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', ...rules });
  return dockerSeccomp(profile, subject).syscalls.flatMap((rule) => rule.names);
}

test('dockerSeccomp() takes the rules that are for this machine and these capabilities', () => {
  const rule = (name: string, more: object): object => ({
    names: [name],
    action: 'SCMP_ACT_ALLOW',
    ...more,
  });
  const syscalls = [
    rule('always', {}),
    rule('chown', { includes: { caps: ['CAP_CHOWN'] } }),
    rule('mount', { includes: { caps: ['CAP_SYS_ADMIN'] } }),
    rule('no-admin', { excludes: { caps: ['CAP_SYS_ADMIN'] } }),
    rule('not-here', { includes: { arches: ['s390x'] } }),
    rule('here', { includes: { arches: ['amd64', 'x32'] } }),
    rule('new', { includes: { minKernel: '4.8' } }),
    rule('newer', { includes: { minKernel: '6.2' } }),
    rule('old', { excludes: { minKernel: '4.8' } }),
    { name: 'single', action: 'SCMP_ACT_ALLOW' },
  ];
  assert.deepEqual(names({ syscalls }), ['always', 'chown', 'no-admin', 'here', 'new', 'single']);
});

test('dockerSeccomp() names the architectures of this machine', () => {
  const archMap = [
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
  ];
  const text = JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', archMap });
  assert.deepEqual(dockerSeccomp(text, subject).architectures, [
    'SCMP_ARCH_X86_64',
    'SCMP_ARCH_X86',
    'SCMP_ARCH_X32',
  ]);
});

test('dockerSeccomp() keeps arguments that no number is exact for', () => {
  const text =
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["x"],"action":"SCMP_ACT_ERRNO",' +
    '"args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}';
  assert.match(JSON.stringify(dockerSeccomp(text, subject)), /"value":18446744073709551615,/);
});

test('dockerSeccomp() refuses what is no profile', () => {
  const refused = [
    '',
    '[]',
    'null',
    '{"defaultAction":1}',
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":{}}',
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[null]}',
  ];
  for (const text of refused) {
    assert.throws(() => dockerSeccomp(text, subject), /Decoding seccomp profile failed/, text);
  }
});
