import type { DeviceRuleSpec } from '../../runtime/executor.ts';
import type { CreateRequest } from '../create-request.ts';
import { ContainerStartError } from './errors.ts';
import { networkKind } from './network-kind.ts';

const IPC = ['', 'private', 'shareable', 'host'];
/** Settings of the namespace for messages, which each container has itself. */
const OWN_SETTINGS = new Set([
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
]);

/**
 * Throws ContainerStartError for namespaces that there are not, and for settings that are the
 * machine's and not the container's.
 */
export function checkConfinement(request: CreateRequest): void {
  const { pid = '', ipc = '', uts = '', sysctls = {} } = request;
  if (pid !== '' && pid !== 'host' && !isOther(pid)) {
    throw new ContainerStartError(`invalid PID mode: ${pid}`);
  }
  if (!IPC.includes(ipc) && !isOther(ipc)) {
    throw new ContainerStartError(`invalid IPC mode: ${ipc}`);
  }
  const network = networkKind(request);
  for (const name of Object.keys(sysctls)) {
    const key = name.replaceAll('/', '.');
    const isMessages = OWN_SETTINGS.has(key) || key.startsWith('fs.mqueue.');
    if (key.startsWith('net.')) {
      if (network !== 'host') continue;
      throw new ContainerStartError(`sysctl '${name}' not allowed in host network namespace`);
    }
    if (isMessages) {
      if (ipc !== 'host') continue;
      throw new ContainerStartError(`sysctl '${name}' not allowed in host IPC namespace`);
    }
    if (key === 'kernel.domainname' && uts !== 'host') continue;
    throw new ContainerStartError(`sysctl '${name}' is not allowed`, {
      hint: 'It would be set for the whole machine: containers have net.*, fs.mqueue.* and those of IPC.',
    });
  }
}

/** `--device-cgroup-rule` as typed. Throws ContainerStartError. */
export function deviceRulesOf(texts: readonly string[]): DeviceRuleSpec[] {
  return texts.map((text) => {
    const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
    if (!match) throw new ContainerStartError(`invalid device cgroup format '${text}'`);
    const [type = '', major = '', minor = '', access = ''] = match.slice(1);
    return {
      type: type as DeviceRuleSpec['type'],
      ...(major !== '*' && { major: Number(major) }),
      ...(minor !== '*' && { minor: Number(minor) }),
      access,
    };
  });
}

function isOther(text: string): boolean {
  return /^container:./.test(text);
}
