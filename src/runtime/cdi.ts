import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInputError } from '../base/errors.ts';
import { deviceParts } from '../sys/node.ts';
import type { DeviceSpec, MountSpec } from './executor.ts';
import type { OciHook, OciHooks } from './oci-spec.ts';
import { namesIn } from '../sys/names-in.ts';

/** What devices change about a process. */
export interface DeviceEdits {
  readonly env: readonly string[];
  readonly devices: readonly DeviceSpec[];
  readonly mounts: readonly Extract<MountSpec, { type: 'bind' }>[];
  readonly hooks: OciHooks;
  readonly additionalGids: readonly number[];
}

/** Where the machine says which devices it has; what comes later wins. */
const DIRECTORIES = ['/etc/cdi', '/var/run/cdi'];
const SPEC_LIMIT = 4 * 1024 * 1024;
const CLASS = 'org.mobyproject.buildkit.device.class';
const KIND = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;
const HOOKS: Readonly<Record<string, string>> = {
  prestart: 'prestart',
  createRuntime: 'createRuntime',
  createContainer: 'createContainer',
  startContainer: 'startContainer',
  poststart: 'poststart',
  poststop: 'poststop',
};

interface Edits {
  readonly env?: readonly string[];
  readonly deviceNodes?: readonly DeviceNode[];
  readonly mounts?: readonly {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly options?: readonly string[];
  }[];
  readonly hooks?: readonly (OciHook & { readonly hookName: string })[];
  readonly additionalGids?: readonly number[];
}

interface DeviceNode {
  readonly path: string;
  readonly hostPath?: string;
  readonly type?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly permissions?: string;
  readonly uid?: number;
  readonly gid?: number;
}

interface Spec {
  readonly kind: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly devices: readonly {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly containerEdits?: Edits;
  }[];
  readonly containerEdits?: Edits;
}

/**
 * What the devices of these names need: `vendor/class=name`, `vendor/class=*` for all of a
 * kind, `vendor/class` for its first, or a class of BuildKit's. Undefined for a name that the
 * machine does not have. Throws InvalidInputError for descriptions that cannot be read.
 *
 * @see https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md
 */
export function cdiDevices(
  name: string,
  directories: readonly string[] = DIRECTORIES,
): DeviceEdits | undefined {
  const specs = directories.flatMap(specsIn);
  const [kind = '', wanted] = name.split('=', 2);
  const found = specs.flatMap((spec) => {
    const devices = spec.devices.filter((device) =>
      spec.kind === kind
        ? wanted === undefined || wanted === '*' || device.name === wanted
        : (device.annotations ?? spec.annotations)?.[CLASS] === name,
    );
    return devices.map((device) => ({ spec, device }));
  });
  const latest = new Map(found.map((one) => [`${one.spec.kind}=${one.device.name}`, one]));
  const chosen = [...latest.values()].slice(0, KIND.test(name) ? 1 : undefined);
  if (chosen.length === 0) return undefined;
  const shared = new Set(chosen.map(({ spec }) => spec));
  return merged([
    ...[...shared].map(({ containerEdits }) => containerEdits),
    ...chosen.map(({ device }) => device.containerEdits),
  ]);
}

function specsIn(directory: string): Spec[] {
  return namesIn(directory, 'ENOTDIR')
    .sort()
    .flatMap((name): Spec[] => {
      const path = join(directory, name);
      if (/\.ya?ml$/.test(name)) {
        throw new InvalidInputError(`${path}: device descriptions in YAML cannot be read`, {
          hint: 'Write it as JSON.',
        });
      }
      return name.endsWith('.json') ? [specOf(path)] : [];
    });
}

function specOf(path: string): Spec {
  try {
    if (lstatSync(path).size > SPEC_LIMIT) throw new RangeError('it is too large');
    const spec = JSON.parse(readFileSync(path, 'utf8')) as Partial<Spec>;
    if (typeof spec.kind !== 'string' || !KIND.test(spec.kind) || !Array.isArray(spec.devices)) {
      throw new TypeError('it has no kind, or no devices');
    }
    return spec as Spec;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidInputError(`${path} does not describe devices: ${why}`, { cause: error });
  }
}

function merged(all: readonly (Edits | undefined)[]): DeviceEdits {
  const edits = all.filter((one) => one !== undefined);
  const hooks: Record<string, OciHook[]> = {};
  for (const { hookName, ...hook } of edits.flatMap((one) => one.hooks ?? [])) {
    const moment = HOOKS[hookName];
    if (moment === undefined)
      throw new InvalidInputError(`a device has an unknown hook ${hookName}`);
    (hooks[moment] ??= []).push(hook);
  }
  return {
    env: edits.flatMap(({ env = [] }) => env),
    devices: edits.flatMap(({ deviceNodes = [] }) => deviceNodes.map(deviceOf)),
    mounts: edits.flatMap(({ mounts = [] }) =>
      mounts.map(({ hostPath, containerPath, options = [] }) => ({
        type: 'bind' as const,
        source: hostPath,
        target: containerPath,
        readonly: options.includes('ro'),
        recursive: options.includes('rbind'),
        options: options.filter((one) => /^(?:nosuid|nodev|noexec)$/.test(one)),
      })),
    ),
    hooks,
    additionalGids: edits.flatMap(({ additionalGids = [] }) => additionalGids),
  };
}

/** Numbers that a description leaves out are those of the machine's own file. */
function deviceOf(node: DeviceNode): DeviceSpec {
  const file = lstatSync(node.hostPath ?? node.path, { bigint: true, throwIfNoEntry: false });
  if (!file && (node.major === undefined || node.minor === undefined)) {
    throw new InvalidInputError(`the device ${node.hostPath ?? node.path} is not there`);
  }
  const { rdev = 0n, mode = 0o666n } = file ?? {};
  const own = deviceParts(rdev);
  return {
    path: node.path,
    type: node.type === 'b' || (node.type === undefined && file?.isBlockDevice()) ? 'b' : 'c',
    major: node.major ?? own.major,
    minor: node.minor ?? own.minor,
    fileMode: node.fileMode ?? Number(mode & 0o777n),
    uid: node.uid ?? 0,
    gid: node.gid ?? 0,
    access: node.permissions ?? 'rwm',
  };
}
