import { InvalidInputError } from '../base/errors.ts';
import { kernelAtLeast } from './host.ts';
import type { OciSeccomp, SeccompSubject } from './seccomp.ts';

/** Architectures of the kernel by Node's names. */
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x64', 'SCMP_ARCH_X86_64'],
  ['arm64', 'SCMP_ARCH_AARCH64'],
  ['arm', 'SCMP_ARCH_ARM'],
  ['ia32', 'SCMP_ARCH_X86'],
  ['ppc64', 'SCMP_ARCH_PPC64LE'],
  ['s390x', 'SCMP_ARCH_S390X'],
  ['riscv64', 'SCMP_ARCH_RISCV64'],
]);
/** The names that rules use for them. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', 'x86'],
  ['ppc64', 'ppc64le'],
]);

interface Filter {
  readonly arches?: readonly string[];
  readonly caps?: readonly string[];
  readonly minKernel?: string;
}

interface DockerRule {
  readonly name?: string;
  readonly names?: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly Record<string, unknown>[] | null;
  readonly includes?: Filter | null;
  readonly excludes?: Filter | null;
}

/** A profile in Docker's form. */
export interface DockerProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[] | null;
  readonly archMap?:
    | readonly {
        readonly architecture: string;
        readonly subArchitectures?: readonly string[] | null;
      }[]
    | null;
  readonly syscalls?: readonly DockerRule[] | null;
}

/**
 * A filter in the form of Docker's profiles, as runtimes take it for a process on this machine.
 * Throws InvalidInputError.
 *
 * @see https://docs.docker.com/engine/security/seccomp/
 */
export function dockerSeccomp(text: string, subject: SeccompSubject): OciSeccomp {
  const profile = parseProfile(text);
  const native = ARCHITECTURES.get(subject.arch) ?? '';
  const mapped = profile.archMap?.find(({ architecture }) => architecture === native);
  const architectures =
    profile.archMap && profile.archMap.length > 0
      ? mapped && [mapped.architecture, ...(mapped.subArchitectures ?? [])]
      : profile.architectures;
  const syscalls = (profile.syscalls ?? [])
    .filter((rule) => counts(rule, subject))
    .map(({ name, names, action, errnoRet, args }) => ({
      names: names && names.length > 0 ? names : [name ?? ''],
      action,
      ...(errnoRet !== undefined && { errnoRet }),
      ...(args && args.length > 0 && { args }),
    }));
  // The runtime judges what actions and comparisons there are.
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet !== undefined && { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(architectures && { architectures }),
    syscalls,
  } as unknown as OciSeccomp;
}

/** A profile as far as it can be judged without a runtime. Throws InvalidInputError. */
export function parseProfile(text: string): DockerProfile {
  let profile: unknown;
  try {
    profile = JSON.parse(text, largeNumbers);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidInputError(`Decoding seccomp profile failed: ${why}`, { cause: error });
  }
  const { defaultAction, syscalls, archMap, architectures } = (profile ?? {}) as Record<
    string,
    unknown
  >;
  if (typeof defaultAction !== 'string') {
    throw new InvalidInputError('Decoding seccomp profile failed: it has no defaultAction');
  }
  for (const list of [syscalls, archMap, architectures]) {
    if (list !== undefined && list !== null && !Array.isArray(list)) {
      throw new InvalidInputError('Decoding seccomp profile failed: a list is something else');
    }
  }
  const rules = (syscalls ?? []) as readonly (Partial<DockerRule> | null)[];
  if (rules.some((rule) => typeof rule?.action !== 'string')) {
    throw new InvalidInputError('Decoding seccomp profile failed: a rule has no action');
  }
  return profile as DockerProfile;
}

/** Arguments of system calls may be larger than numbers are exact. */
function largeNumbers(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const { rawJSON } = JSON as typeof JSON & { readonly rawJSON: (text: string) => unknown };
  return rawJSON(context?.source ?? String(value));
}

function counts({ includes, excludes }: DockerRule, subject: SeccompSubject): boolean {
  const arch = SHORT.get(subject.arch) ?? subject.arch;
  const { arches, caps, minKernel } = includes ?? {};
  if (arches && arches.length > 0 && !arches.includes(arch)) return false;
  if (caps && !caps.every((name) => subject.capabilities.includes(name))) return false;
  if (minKernel !== undefined && minKernel !== '' && !kernelAtLeast(subject.kernel, minKernel)) {
    return false;
  }
  if (excludes?.arches?.includes(arch)) return false;
  if (excludes?.caps?.some((name) => subject.capabilities.includes(name))) return false;
  const least = excludes?.minKernel;
  return least === undefined || least === '' || !kernelAtLeast(subject.kernel, least);
}
