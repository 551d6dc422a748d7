import { release } from 'node:os';
import { digestOf } from '../oci/digest.ts';
import { compiledSeccomp, type ChosenRuntime, type Facts, type ProbeSubject } from './probe.ts';
import { seccompFilter, seccompProfile } from './seccomp.ts';
import type { SpecContext } from './spec.ts';

/** The filter of system calls for a set of capabilities; compiled where the runtime takes that. */
export type FilterSource = (capabilities: readonly string[]) => Promise<SpecContext['seccomp']>;

/** Makes filters of the default profile. What took time is remembered in `facts`. */
export function filterSource(
  subject: ProbeSubject,
  runtime: ChosenRuntime,
  facts: Facts,
): FilterSource {
  const filters = new Map<string, Promise<SpecContext['seccomp']>>();
  const make = async (
    capabilities: readonly string[],
    key: string,
  ): Promise<SpecContext['seccomp']> => {
    const profile = seccompProfile();
    const { arch } = process;
    const kernel = release();
    const { name, version } = runtime;
    const fact = `seccomp ${digestOf(JSON.stringify([digestOf(profile), key, arch, kernel, name, version]))}`;
    const remembered = facts.get(fact);
    if (remembered !== undefined) return { compiled: remembered };
    const rules = seccompFilter(profile, { arch, kernel, capabilities });
    if (!rules) return undefined;
    const compiled = await compiledSeccomp(subject, runtime, rules);
    if (compiled === undefined) return { rules };
    facts.set(fact, compiled);
    return { compiled };
  };
  return (capabilities) => {
    const key = capabilities.toSorted().join(' ');
    let filter = filters.get(key);
    if (!filter) {
      filter = make(capabilities, key);
      filters.set(key, filter);
    }
    return filter;
  };
}
