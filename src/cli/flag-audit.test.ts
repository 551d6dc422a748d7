import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from './command-index.ts';
import { runCli } from './testing/run-cli.ts';

/** The flags that Docker's users have in their fingers: `-x` for a short form, a bare word for a long one. */
const FAMILIAR: Readonly<Record<string, string>> = {
  'image build':
    'file -f tag -t build-arg target no-cache pull quiet -q label platform progress output -o load push secret ssh ' +
    'cache-from cache-to build-context network add-host iidfile metadata-file check call shm-size ulimit ' +
    'no-cache-filter annotation attest sbom provenance allow cgroup-parent builder debug -D rm force-rm compress ' +
    'squash memory -m memory-swap cpu-shares -c cpu-period cpu-quota cpuset-cpus cpuset-mems security-opt isolation',
  'image ls': 'all -a digests filter -f format no-trunc quiet -q tree',
  'image inspect': 'format -f platform',
  inspect: 'format -f size -s type',
  'image history': 'format human -H no-trunc quiet -q platform',
  'image tag': '',
  'image rm': 'force -f no-prune platform',
  'image prune': 'all -a force -f filter dangling',
  'image save': 'output -o platform compress format',
  'image load': 'input -i quiet -q platform',
  'image import': 'change -c message -m platform',
  'image pull': 'all-tags -a quiet -q platform',
  'image push': 'all-tags -a quiet -q platform',
  'manifest create': 'amend -a insecure',
  'manifest annotate': 'os arch variant os-version os-features',
  'manifest inspect': 'verbose -v insecure',
  'manifest push': 'purge -p insecure',
  'manifest rm': '',
  'buildx imagetools create':
    'tag -t file -f append dry-run annotation platform -p prefer-index progress',
  'buildx imagetools inspect': 'format raw',
  'buildx bake':
    'file -f set print list no-cache pull load push progress metadata-file call check allow provenance sbom',
  'builder prune':
    'all -a force -f filter keep-storage reserved-space max-used-space min-free-space verbose',
  'builder du': 'filter verbose',
  search: 'filter -f limit no-trunc format',
  'system df': 'verbose -v format',
  'system prune': 'all -a force -f volumes filter',
  'system info': 'format -f',
  'system events': 'since until filter -f format',
  version: 'format -f',
  login: 'username -u password -p password-stdin',
  logout: '',
};

for (const [name, flags] of Object.entries(FAMILIAR)) {
  test(`${name} knows the flags of Docker, or says why not`, async () => {
    const entry = COMMANDS.find((one) => one.name === name);
    assert.ok(entry, `there is no ${name}`);
    const { flags: table } = await entry.load();
    const shorts = new Set(Object.values(table).map(({ short }) => short));
    const missing = flags
      .split(' ')
      .filter((flag) => flag !== '')
      .filter((flag) =>
        flag.startsWith('-') ? !shorts.has(flag.slice(1)) : !Object.hasOwn(table, flag),
      );
    assert.deepEqual(missing, []);
    for (const [flag, { refusal }] of Object.entries(table)) {
      if (refusal !== undefined) assert.match(refusal, /^[^\n]{10,}$/, flag);
    }
  });
}

for (const { name, load } of COMMANDS) {
  test(`${name} ends with 125 for a flag that it does not know`, async () => {
    const { operands } = await load();
    const words = Array.from({ length: operands[0] }, () => 'x');
    const { code, stderr, stdout } = await runCli([...name.split(' '), '--no-such-flag', ...words]);
    assert.deepEqual([code, stdout], [125, '']);
    assert.match(
      stderr,
      new RegExp(
        `^Error: unknown flag: --no-such-flag\\n(?:Hint: .*\\n)?\\nRun 'stave ${name} --help' for more information\\n$`,
      ),
    );
  });
}
