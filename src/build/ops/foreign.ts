import { readdirSync, readFileSync } from 'node:fs';
import { formatPlatform, hostPlatform, type Platform } from '../../oci/platform.ts';
import { BuildError } from '../errors.ts';

const BINFMT = '/proc/sys/fs/binfmt_misc';
/** `e_machine` of ELF, by Go's name of the architecture. */
const MACHINES: Readonly<Record<string, number>> = {
  '386': 3,
  mips: 8,
  mipsle: 8,
  ppc64: 21,
  ppc64le: 21,
  s390x: 22,
  arm: 40,
  amd64: 62,
  arm64: 183,
  riscv64: 243,
  loong64: 258,
};
/** Those of them whose numbers begin with the highest byte. */
const BIG_ENDIAN = new Set(['mips', 'ppc64', 's390x']);
/** What a processor runs besides its own. */
const ALSO: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] };

/**
 * Refuses to run programs for a processor that neither is this machine's nor is emulated: the
 * kernel would only say "exec format error". Throws BuildError.
 */
export function requireRunnable(platform: Platform, directory = BINFMT): void {
  const host = hostPlatform(process.arch);
  const { architecture } = platform;
  if (architecture === host.architecture) return;
  if (ALSO[host.architecture]?.includes(architecture)) return;
  const found = emulatorOf(architecture, directory);
  if (found === 'inside') return;
  const name = formatPlatform(platform);
  if (found === 'outside') {
    throw new BuildError(
      `RUN for ${name} is not possible here: its emulator is not made for containers`,
      { hint: 'Register it with the flag F ("fix binary"), as qemu-user-static does.' },
    );
  }
  throw new BuildError(
    `RUN for ${name} is not possible here: this machine is ${formatPlatform(host)} and has no emulator for it`,
    {
      hint: 'Install qemu-user-static with binfmt support, or cross-compile in a stage FROM --platform=$BUILDPLATFORM.',
    },
  );
}

/** An emulator that the kernel starts, opened in advance (flag F) or to be found in the image. */
function emulatorOf(architecture: string, directory: string): 'inside' | 'outside' | undefined {
  const machine = MACHINES[architecture];
  if (machine === undefined) return undefined;
  let found: 'outside' | undefined;
  for (const name of namesIn(directory)) {
    const text = entryOf(`${directory}/${name}`);
    if (!/^enabled$/m.test(text)) continue;
    const magic = Buffer.from(/^magic ([0-9a-f]+)$/m.exec(text)?.[1] ?? '', 'hex');
    if (magic.length < 20 || magic.subarray(0, 4).toString('latin1') !== '\x7fELF') continue;
    const isBig = magic[5] === 2;
    const own = isBig ? magic.readUInt16BE(18) : magic.readUInt16LE(18);
    if (own !== machine || isBig !== BIG_ENDIAN.has(architecture)) continue;
    if (/^flags:.*F/m.test(text)) return 'inside';
    found = 'outside';
  }
  return found;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name !== 'register' && name !== 'status');
  } catch {
    // Not mounted: nothing is registered.
    return [];
  }
}

function entryOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
