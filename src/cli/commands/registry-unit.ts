import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { isUserName, socketText, unitText } from '../registry/unit-text.ts';

/** `registry unit`. */
export const registryUnit = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    config: flag.text('file', 'Settings, "/etc/stave/registry.yaml" by default'),
    program: flag.text('file', 'The stave to start, that which is running by default'),
    socket: flag.text('[host:]port', 'Show the unit of the socket at which systemd listens'),
    user: flag.text('name', 'Whose process it is; without one systemd makes up a user'),
  },
  examples: [
    ['As a service', 'stave registry unit > /etc/systemd/system/stave-registry.service', 'systemd'],
    [
      'On a port that only root may open',
      'stave registry unit --socket 443 > /etc/systemd/system/stave-registry.socket',
      'systemd',
    ],
  ],

  run({ flags, cwd, stdout }) {
    const { config = '/etc/stave/registry.yaml', program, socket, user } = flags;
    if (socket !== undefined) {
      stdout.write(socketText(socket));
      return Promise.resolve();
    }
    if (user !== undefined && !isUserName(user)) {
      throw new UsageError(`--user ${user}: not the name of a user`);
    }
    const path = program === undefined ? ownProgram() : resolve(cwd, program);
    stdout.write(unitText({ program: path, config: resolve(cwd, config), user }));
    return Promise.resolve();
  },
});

/** What starts this program. */
function ownProgram(): string {
  return join(dirname(process.argv[1] ?? ''), '../../bin/stave');
}
