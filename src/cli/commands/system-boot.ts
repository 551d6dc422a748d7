import { join } from 'node:path';
import type { BootPlace, BootService, BootStatus } from '../../engine/boot-types.ts';
import { command, type Command, type Context } from '../command.ts';

type Verb = keyof BootService;

const NO_FLAGS = {};

/** `system enable`. */
export const systemEnable = verb('enable', 'Start them again after each boot');
/** `system disable`. */
export const systemDisable = verb('disable', 'Leave them as they are after a boot');
/** `system status`. */
export const systemStatus = verb('status', 'Will they be started?');

function verb(name: Verb, what: string): Command<typeof NO_FLAGS> {
  return command({
    usage: '',
    operands: [0, 0],
    flags: NO_FLAGS,
    examples: [[what, `stave system ${name}`, 'systemd']],
    async run(context) {
      const { system } = await context.engine();
      const service = await system.boot(placeOf(context));
      tell(context, name, await service[name]());
    },
  });
}

function tell({ stdout, stderr }: Context, asked: Verb, status: BootStatus): void {
  const { unit, enabled, crontab, needsLingering } = status;
  if (unit === undefined) {
    if (asked === 'status') stdout.line('systemd does not run here: this line in a crontab');
    else if (asked === 'enable') stderr.line('systemd does not run here: put this into a crontab');
    else stderr.line('systemd does not run here: take this out of the crontab');
    stdout.line(crontab);
    return;
  }
  stdout.line(`${unit}: ${enabled === true ? 'enabled' : 'disabled'}`);
  if (asked === 'enable' && needsLingering) {
    stderr.line('Hint: loginctl enable-linger lets it begin with the machine');
  }
}

function placeOf({ env }: Context): BootPlace {
  const { XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_RUNTIME_DIR, HOME = '/' } = env;
  return {
    configHome: XDG_CONFIG_HOME || join(HOME, '.config'),
    ...(XDG_DATA_HOME && { dataHome: XDG_DATA_HOME }),
    ...(XDG_RUNTIME_DIR && { runtimeDir: XDG_RUNTIME_DIR }),
  };
}
