import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../store/store.ts';
import { HelperFailedError } from '../../sys/errors.ts';
import { askProgram, helperPath } from '../../sys/helper.ts';
import type { BootPlace, BootService } from '../boot-types.ts';
import { thisProgram } from '../exit-program.ts';
import { crontabLine, unitText, type BootCommand } from './unit.ts';

const SYSTEM_UNITS = '/etc/systemd/system';
/** Is there exactly where systemd runs the machine. */
const BOOTED = '/run/systemd/system';
const POLICIES = 'always,unless-stopped';
const TIMEOUT = 30_000;
const SHORT_ID = 8;

/** Where the service manager is, if the machine has one; tests have another. */
export interface ServiceManager {
  readonly units: string;
  readonly program: string;
  readonly forUser: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The service manager of this machine, or of this user; undefined where there is none. */
export function serviceManager(place: BootPlace): ServiceManager | undefined {
  const program = helperPath('systemctl');
  if (program === undefined || !existsSync(BOOTED)) return undefined;
  const forUser = process.getuid?.() !== 0;
  const units = forUser ? join(place.configHome, 'systemd/user') : SYSTEM_UNITS;
  return { units, program, forUser, environment: { XDG_RUNTIME_DIR: place.runtimeDir } };
}

/** How containers of a store are started after a boot: by a unit of systemd, or a line of a crontab. */
export function bootService(
  { paths, id }: Pick<Store, 'paths' | 'id'>,
  place: BootPlace,
  manager: ServiceManager | undefined = serviceManager(place),
): BootService {
  const isApart = paths.run.startsWith(paths.root);
  const command: BootCommand = {
    argv: [
      ...thisProgram(),
      ...(isApart ? ['--root', paths.root] : []),
      'start',
      '--restart-policy',
      POLICIES,
    ],
    environment: place.dataHome === undefined ? {} : { XDG_DATA_HOME: place.dataHome },
  };
  const name = isApart ? `stave-${id.slice(0, SHORT_ID)}.service` : 'stave.service';
  const crontab = crontabLine(command);
  if (!manager) {
    const none = { unit: undefined, enabled: undefined, crontab, needsLingering: false };
    const status = (): Promise<typeof none> => Promise.resolve(none);
    return { status, enable: status, disable: status };
  }
  const unit = join(manager.units, name);
  const status: BootService['status'] = async () => {
    const enabled = existsSync(unit) && (await ask(manager, 'is-enabled', name)).code === 0;
    return { unit, enabled, crontab, needsLingering: manager.forUser };
  };
  return {
    status,
    async enable() {
      mkdirSync(manager.units, { recursive: true });
      writeFileSync(unit, unitText(command, manager.forUser), { mode: 0o644 });
      await must(manager, 'daemon-reload');
      await must(manager, 'enable', name);
      return status();
    },
    async disable() {
      if (existsSync(unit)) {
        await must(manager, 'disable', name);
        rmSync(unit, { force: true });
        await must(manager, 'daemon-reload');
      }
      return status();
    },
  };
}

async function ask(
  { program, forUser, environment }: ServiceManager,
  ...words: readonly string[]
): ReturnType<typeof askProgram> {
  const args = [...(forUser ? ['--user'] : []), ...words];
  return askProgram(program, args, { input: '', environment, timeout: TIMEOUT });
}

async function must(manager: ServiceManager, ...words: readonly string[]): Promise<void> {
  const { code, stderr } = await ask(manager, ...words);
  if (code === 0) return;
  throw new HelperFailedError(manager.program, `${words.join(' ')} failed`, stderr);
}
