import type { Entitlements } from '../build/frontend/entitlements.ts';
import type { RunSettings } from '../build/run-settings.ts';
import { BuildError } from '../build/errors.ts';
import type { BuildRunRequest } from './build-types.ts';
import { rlimitsOf } from './rlimits.ts';

/** What RUN gets beside the Dockerfile. Throws BuildError for an entitlement that is none. */
export function runSettings(request: BuildRunRequest): RunSettings {
  const { secrets = {}, ssh = {}, allow = [], ulimits = [], cgroupParent: parent } = request;
  const { memory, memorySwap, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems } = request;
  const cgroup = {
    ...(memory !== undefined && { memory }),
    ...(memorySwap !== undefined && { memorySwap }),
    ...(cpuShares !== undefined && { cpuShares }),
    ...(cpuPeriod !== undefined && { cpuPeriod }),
    ...(cpuQuota !== undefined && { cpuQuota }),
    ...(cpusetCpus !== undefined && { cpusetCpus }),
    ...(cpusetMems !== undefined && { cpusetMems }),
    ...(parent !== undefined && { parent }),
  };
  return {
    secrets: new Map(Object.entries(secrets)),
    ssh: new Map(Object.entries(ssh)),
    allow: entitlements(allow),
    rlimits: rlimitsOf(ulimits),
    cgroup: Object.keys(cgroup).length > 0 ? cgroup : undefined,
    noNewPrivileges: request.noNewPrivileges === true,
    unfiltered: request.seccompUnconfined === true,
  };
}

function entitlements(names: readonly string[]): Entitlements {
  const devices = new Set<string>();
  let all = false;
  let [hostNetwork, insecure] = [false, false];
  for (const name of names) {
    if (name === 'network.host') hostNetwork = true;
    else if (name === 'security.insecure') insecure = true;
    else if (name === 'device') all = true;
    else if (name.startsWith('device=')) devices.add(name.slice('device='.length));
    else {
      throw new BuildError(`unknown entitlement ${JSON.stringify(name)}`, {
        hint: 'They are network.host, security.insecure, device and device=NAME.',
      });
    }
  }
  return { hostNetwork, insecure, devices: all || devices };
}
