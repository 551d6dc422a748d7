import { UsageError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { DETACH_KEYS } from '../detach-keys.ts';
import { dockerSetting } from '../docker-settings.ts';
import { eachOf } from '../each-operand.ts';
import { flag, refused } from '../flags.ts';
import { warningLines } from '../render/renderer.ts';
import { join } from '../session-io.ts';

/** `container start`, `start`. */
export const containerStart = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {
    ...refused('checkpoints are not available in this version', ['checkpoint', 'checkpoint-dir']),
    attach: flag.toggle('Show its output, and pass signals on to it', 'a'),
    'detach-keys': flag.text('string', `Keys that leave it running (default: ${DETACH_KEYS})`),
    interactive: flag.toggle('Hand standard input on', 'i'),
  },
  examples: [['Go on with a container that has ended', 'stave start web1', 'a container']],

  async run(context) {
    const { operands, flags, stdout, stderr, engine } = context;
    const { containers } = await engine();
    const progress = warningLines(stderr);
    if (!flags.attach && !flags.interactive) {
      return eachOf(context, async (name) => {
        await containers.start(name, { progress });
        return name;
      });
    }
    if (operands.length > 1) {
      throw new UsageError('you cannot start and attach multiple containers at once', {
        exitCode: 1,
      });
    }
    const session = await containers.start(operands[0] ?? '', {
      progress,
      attach: {
        stdout: (chunk) => stdout.raw(chunk),
        stderr: (chunk) => stderr.raw(chunk),
      },
    });
    if (!session) return undefined;
    return join(context, session, {
      input: flags.interactive && session.interactive,
      terminal: session.terminal,
      detachKeys: flags['detach-keys'] ?? dockerSetting(context, 'detachKeys') ?? DETACH_KEYS,
      passSignals: session.terminal ? undefined : (signal) => session.kill(signal),
    });
  },
});
