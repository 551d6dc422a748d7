import { InvalidInputError } from '../base/errors.ts';
import { closest } from '../base/suggest.ts';

/**
 * What a manifest is for.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md#image-index-property-descriptions
 */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
}

/** Other names of architectures, with the variant that they imply. */
const ALIASES: ReadonlyMap<string, readonly [string, string?]> = new Map<
  string,
  readonly [string, string?]
>([
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['i386', ['386']],
  ['i686', ['386']],
  ['aarch64', ['arm64']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
]);

/** The words of Go's `runtime.GOARCH`. */
const ARCHITECTURES: ReadonlySet<string> = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 ' +
    'mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
);

/** The words of Go's `runtime.GOOS`. */
const SYSTEMS: ReadonlySet<string> = new Set(
  (
    'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 ' +
    'solaris wasip1 windows zos'
  ).split(' '),
);

const NODE_ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['mipsel', 'mipsle'],
  ['ppc64', 'ppc64le'],
]);

const WORD = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/**
 * Reads `linux/arm64/v8`, `linux/amd64`, `arm64` or `linux`, in any case and with the usual
 * other names (`x86_64`, `aarch64`, `armhf`). What is left out comes from `host`.
 * Throws InvalidInputError.
 */
export function parsePlatform(text: string, host: Platform): Platform {
  const parts = text.split('/');
  const [first = '', second, variant] = parts.map((part) => part.toLowerCase());
  if (parts.length > 3 || !parts.every((part) => WORD.test(part))) {
    throw new InvalidInputError(`"${text}" is an invalid platform specifier`, {
      hint: "Write it as 'linux/amd64' or 'linux/arm/v7'.",
    });
  }
  if (second !== undefined) {
    return normalisePlatform({ os: first, architecture: second, ...(variant && { variant }) });
  }
  const os = first === 'macos' ? 'darwin' : first;
  if (SYSTEMS.has(os)) return { ...host, os };
  const { architecture } = normalisePlatform({ os: 'linux', architecture: first });
  if (!ARCHITECTURES.has(architecture)) {
    const near = closest(first, [...ARCHITECTURES, ...ALIASES.keys(), ...SYSTEMS]);
    const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
    throw new InvalidInputError(`"${text}": unknown operating system or architecture${meant}`, {
      hint: "Write it as 'linux/amd64' or 'linux/arm/v7'.",
    });
  }
  return normalisePlatform({ os: host.os, architecture: first });
}

/**
 * The one spelling of a platform: lower case, Go's words, `arm` always with a variant, `arm64`
 * without its only one (`v8`), `amd64` without `v1`.
 */
export function normalisePlatform(platform: Platform): Platform {
  const { variant: given, ...rest } = platform;
  const asked = platform.architecture.toLowerCase();
  const [architecture, implied] = ALIASES.get(asked) ?? [asked];
  const os = platform.os.toLowerCase();
  const variant = normalVariant(architecture, (given ?? implied ?? '').toLowerCase());
  return {
    ...rest,
    os: os === 'macos' ? 'darwin' : os,
    architecture,
    ...(variant !== '' && { variant }),
  };
}

/** `linux/arm64`, `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return `${os}/${architecture}${variant === undefined ? '' : `/${variant}`}`;
}

/**
 * True when something made for `made` runs where `wanted` is asked for: the same system and
 * architecture, and a variant that is no newer (`arm/v6` runs on `arm/v7`).
 */
export function matchesPlatform(wanted: Platform, made: Platform): boolean {
  const want = normalisePlatform(wanted);
  const have = normalisePlatform(made);
  if (want.os !== have.os || want.architecture !== have.architecture) return false;
  if (want.variant === have.variant) return true;
  const [most, needed] = [level(want), level(have)];
  return most !== undefined && needed !== undefined && needed <= most;
}

/**
 * Which of several things made for platforms is meant where `wanted` is asked for: the nearest
 * of those that run there, the first among equals, else the first. -1 only for none at all.
 */
export function choosePlatform(made: readonly (Platform | undefined)[], wanted: Platform): number {
  let best: { readonly at: number; readonly platform: Platform } | undefined;
  for (const [at, platform] of made.entries()) {
    if (!platform || !matchesPlatform(wanted, platform)) continue;
    if (!best || isNearer(wanted, platform, best.platform)) best = { at, platform };
  }
  return best?.at ?? Math.min(made.length, 1) - 1;
}

/**
 * Of two platforms that both match `wanted`, whether `one` comes closer to it than `other`: the
 * higher variant does, and the plain one where that is what was asked for.
 */
export function isNearer(wanted: Platform, one: Platform, other: Platform): boolean {
  const asked = normalisePlatform(wanted).variant;
  const height = (platform: Platform): number => {
    const { variant } = normalisePlatform(platform);
    return variant === asked ? Infinity : Number(/^v([0-9]+)$/.exec(variant ?? '')?.[1] ?? 0);
  };
  return height(one) > height(other);
}

/** The platform of this machine, from the value of `process.arch`. */
export function hostPlatform(arch: string): Platform {
  return normalisePlatform({ os: 'linux', architecture: NODE_ARCHITECTURES.get(arch) ?? arch });
}

function normalVariant(architecture: string, variant: string): string {
  const numbered = /^[0-9]/.test(variant) ? `v${variant}` : variant;
  if (architecture === 'arm') return numbered === '' ? 'v7' : numbered;
  if (architecture === 'arm64') return numbered === 'v8' ? '' : numbered;
  if (architecture === 'amd64') return numbered === 'v1' ? '' : numbered;
  return variant;
}

/** Variants that can be compared, as numbers. */
function level({ architecture, variant }: Platform): number | undefined {
  const least = { amd64: 'v1', arm64: 'v8', arm: 'v7' }[architecture];
  const match = /^v([0-9]+)$/.exec(variant ?? least ?? '');
  return match === null || least === undefined ? undefined : Number(match[1]);
}
