import { InvalidInputError, UsageError } from '../../base/errors.ts';
import type { BuildRunRequest } from '../../engine/build-types.ts';
import { flag, type Values } from '../flags.ts';
import { ulimitOf } from '../ulimits.ts';
import { parseBytes } from '../units.ts';

/** Flags of `build` that say what RUN gets and what it is limited to. */
export const RUN_FLAGS = {
  allow: flag.stringSlice(
    'stringArray',
    'Let RUN have more: network.host, security.insecure or device',
  ),
  'cgroup-parent': flag.text('string', 'The control group that those of RUN lie in'),
  'cpu-period': flag.number('int', 'Microseconds in which --cpu-quota counts'),
  'cpu-quota': flag.number('int', 'Microseconds of processor time for each RUN in each period'),
  'cpu-shares': flag.number('int', 'Weight of each RUN against others; 1024 is usual', 'c'),
  'cpuset-cpus': flag.text('string', 'Processors for RUN: "0-2,4"'),
  'cpuset-mems': flag.text('string', 'Memory nodes for RUN: "0,1"'),
  isolation: flag.text('string', 'How RUN is kept apart: default'),
  memory: flag.bytes('Memory for each RUN', 'm'),
  'memory-swap': flag.text('bytes', 'Memory and swap together; -1 for no limit'),
  secret: flag.list('stringArray', 'A secret for RUN: "id=NAME[,src=FILE][,env=VARIABLE]"'),
  'security-opt': flag.list(
    'stringSlice',
    'Confinement of RUN: no-new-privileges, seccomp=unconfined',
  ),
  ssh: flag.list('stringArray', 'An agent or keys for RUN: "default" or "ID=SOCKET|KEY[,KEY]"'),
  ulimit: flag.list('ulimit', 'A resource limit for RUN: "nofile=1024:2048"'),
};

/** What the smallest process of a container needs. */
const LEAST_MEMORY = 6 * 1024 * 1024;
const LIST = /^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/;

/** Limits and confinement as a command line gives them. Throws UsageError, InvalidInputError. */
export function resourcesOf(flags: Values<typeof RUN_FLAGS>): BuildRunRequest {
  checkIsolation(flags.isolation);
  const { memory, 'cpu-shares': cpuShares, 'cpu-quota': cpuQuota, 'cpu-period': cpuPeriod } = flags;
  if (memory !== undefined && memory > 0 && memory < LEAST_MEMORY) {
    throw new InvalidInputError('Minimum memory limit allowed is 6MB');
  }
  const memorySwap = memorySwapOf(flags['memory-swap'], memory);
  return {
    ...(flags.allow.length > 0 && { allow: flags.allow }),
    ...(flags.ulimit.length > 0 && { ulimits: flags.ulimit.map(ulimitOf) }),
    ...(positive(memory) && { memory }),
    ...(memorySwap !== undefined && { memorySwap }),
    ...(positive(cpuShares) && { cpuShares }),
    ...(positive(cpuPeriod) && { cpuPeriod }),
    ...(positive(cpuQuota) && { cpuQuota }),
    ...setOf('cpuset-cpus', flags['cpuset-cpus'], (cpusetCpus) => ({ cpusetCpus })),
    ...setOf('cpuset-mems', flags['cpuset-mems'], (cpusetMems) => ({ cpusetMems })),
    ...(flags['cgroup-parent'] && { cgroupParent: flags['cgroup-parent'] }),
    ...securityOf(flags['security-opt']),
  };
}

function positive(value: number | undefined): value is number {
  return value !== undefined && value > 0;
}

function checkIsolation(isolation: string | undefined): void {
  if (isolation === undefined || isolation === '' || isolation === 'default') return;
  throw new UsageError(`--isolation ${isolation} is for Windows containers only`);
}

function memorySwapOf(text: string | undefined, memory: number | undefined): number | undefined {
  if (text === undefined || text === '0') return undefined;
  if (memory === undefined) {
    throw new InvalidInputError(
      'You should always set the Memory limit when using Memoryswap limit, see usage',
    );
  }
  if (text === '-1') return -1;
  let swap: number;
  try {
    swap = parseBytes(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      `invalid argument ${JSON.stringify(text)} for "--memory-swap" flag: ${error.message}`,
    );
  }
  if (swap >= memory) return swap;
  throw new InvalidInputError(
    'Minimum memoryswap limit should be larger than memory limit, see usage',
  );
}

function setOf<T>(
  name: string,
  text: string | undefined,
  make: (text: string) => T,
): T | undefined {
  if (text === undefined || text === '') return undefined;
  if (LIST.test(text)) return make(text);
  throw new InvalidInputError(`Invalid value ${text} for ${name}`);
}

/** `no-new-privileges`, `seccomp=unconfined`; no profile of AppArmor is used anyway. */
function securityOf(
  options: readonly string[],
): Pick<BuildRunRequest, 'noNewPrivileges' | 'seccompUnconfined'> {
  const found: { noNewPrivileges?: boolean; seccompUnconfined?: boolean } = {};
  for (const option of options) {
    const privileges = /^no-new-privileges(?:[:=](true|false))?$/.exec(option);
    if (privileges) found.noNewPrivileges = privileges[1] !== 'false';
    else if (/^seccomp[:=]unconfined$/.test(option)) found.seccompUnconfined = true;
    else if (!/^apparmor[:=]unconfined$/.test(option)) {
      throw new UsageError(
        `security option ${JSON.stringify(option)} is not available in this version`,
        { hint: 'Builds know no-new-privileges, seccomp=unconfined and apparmor=unconfined.' },
      );
    }
  }
  return found;
}
