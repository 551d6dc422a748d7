import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelAtLeast } from './host.ts';

/** What the evaluation of the profile depends on. */
export interface SeccompSubject {
  /** As `process.arch` has it: `x64`, `arm64`. */
  readonly arch: string;
  /** `6.18.44-…`, as `uname -r` prints it. */
  readonly kernel: string;
  readonly capabilities: readonly string[];
}

/**
 * A filter as OCI runtimes take it.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
 */
export interface OciSeccomp {
  readonly defaultAction: 'SCMP_ACT_ERRNO';
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly OciSyscallRule[];
}

interface OciSyscallRule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  readonly errnoRet?: number;
  readonly args?: readonly OciArgument[];
}

interface OciArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: `SCMP_CMP_${'EQ' | 'LT' | 'GT' | 'MASKED_EQ'}`;
}

/** `share/seccomp.json`: names in lists are separated by spaces. Its `about` says how it is read. */
interface Profile {
  readonly architectures: Readonly<Record<string, readonly string[]>>;
  readonly allow: readonly string[];
  readonly when: readonly {
    readonly kernel?: string;
    readonly arch?: readonly string[];
    readonly capability?: string;
    readonly allow: string;
  }[];
  readonly arguments: readonly ArgumentRule[];
  readonly refuse: readonly string[];
}

interface ArgumentRule {
  readonly name: string;
  readonly index: number;
  readonly unlessCapability?: string;
  readonly onlyArch?: readonly string[];
  readonly notArch?: readonly string[];
  readonly allow?: readonly number[];
  readonly allowBelow?: number;
  /** Allowed when none of these bits is set. */
  readonly allowClear?: number;
  readonly refuse?: readonly number[];
  readonly refuseAbove?: number;
  readonly refuseBits?: readonly number[];
}

const EPERM = 1;
const ENOSYS = 38;

/** The bytes of the profile that comes with stave; they name it in caches. */
export function seccompProfile(): Buffer {
  return readFileSync(join(import.meta.dirname, '../../share/seccomp.json'));
}

/**
 * The filter for a process with these capabilities on this machine; undefined on an
 * architecture that the profile does not know.
 */
export function seccompFilter(profile: Buffer, subject: SeccompSubject): OciSeccomp | undefined {
  const rules = JSON.parse(profile.toString('utf8')) as Profile;
  const architectures = rules.architectures[subject.arch];
  if (!architectures) return undefined;

  const allowed = new Set(words(rules.allow));
  for (const rule of rules.when) {
    if (rule.kernel !== undefined && !kernelAtLeast(subject.kernel, rule.kernel)) continue;
    if (rule.arch && !rule.arch.includes(subject.arch)) continue;
    if (rule.capability !== undefined && !subject.capabilities.includes(rule.capability)) continue;
    for (const name of words([rule.allow])) allowed.add(name);
  }
  const refused = words(rules.refuse).filter((name) => !allowed.has(name));
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: ENOSYS,
    architectures,
    syscalls: [
      { names: [...allowed], action: 'SCMP_ACT_ALLOW' },
      { names: refused, action: 'SCMP_ACT_ERRNO', errnoRet: EPERM },
      ...rules.arguments.filter((rule) => applies(rule, subject)).flatMap(argumentRules),
    ],
  };
}

function words(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(' '));
}

function applies(rule: ArgumentRule, { arch, capabilities }: SeccompSubject): boolean {
  if (rule.unlessCapability !== undefined && capabilities.includes(rule.unlessCapability)) {
    return false;
  }
  return (rule.onlyArch?.includes(arch) ?? true) && !rule.notArch?.includes(arch);
}

/** libseccomp takes an argument once per rule, so every value is a rule of its own. */
function argumentRules(rule: ArgumentRule): OciSyscallRule[] {
  const { index } = rule;
  const allow = (arg: Omit<OciArgument, 'index'>): OciSyscallRule => ({
    names: [rule.name],
    action: 'SCMP_ACT_ALLOW',
    args: [{ index, ...arg }],
  });
  const refuse = (arg: Omit<OciArgument, 'index'>): OciSyscallRule => ({
    names: [rule.name],
    action: 'SCMP_ACT_ERRNO',
    errnoRet: EPERM,
    args: [{ index, ...arg }],
  });
  return [
    ...(rule.allowBelow === undefined
      ? []
      : [allow({ op: 'SCMP_CMP_LT', value: rule.allowBelow })]),
    ...(rule.allow ?? []).map((value) => allow({ op: 'SCMP_CMP_EQ', value })),
    ...(rule.allowClear === undefined
      ? []
      : [allow({ op: 'SCMP_CMP_MASKED_EQ', value: rule.allowClear, valueTwo: 0 })]),
    ...(rule.refuse ?? []).map((value) => refuse({ op: 'SCMP_CMP_EQ', value })),
    ...(rule.refuseAbove === undefined
      ? []
      : [refuse({ op: 'SCMP_CMP_GT', value: rule.refuseAbove })]),
    ...(rule.refuseBits ?? []).map((bit) =>
      refuse({ op: 'SCMP_CMP_MASKED_EQ', value: bit, valueTwo: bit }),
    ),
  ];
}
