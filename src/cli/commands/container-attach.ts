import { command } from '../command.ts';
import { DETACH_KEYS } from '../detach-keys.ts';
import { dockerSetting } from '../docker-settings.ts';
import { flag } from '../flags.ts';
import { checkTerminal, join } from '../session-io.ts';

/** `container attach`, `attach`. */
export const containerAttach = command({
  usage: '[OPTIONS] CONTAINER',
  operands: [1, 1],
  flags: {
    'detach-keys': flag.text('string', `Keys that leave it running (default: ${DETACH_KEYS})`),
    'no-stdin': flag.toggle('Keep standard input here'),
    'sig-proxy': flag.toggle('Pass signals on to it', undefined, true),
  },
  examples: [['Back into a shell that was left', 'stave attach web1', 'a container that runs']],

  async run(context) {
    const { operands, flags, stdin, stdout, stderr } = context;
    const [name = ''] = operands;
    const { containers } = await context.engine();
    const session = await containers.attach(name, {
      stdout: (chunk) => stdout.raw(chunk),
      stderr: (chunk) => stderr.raw(chunk),
    });
    const input = session.interactive && !flags['no-stdin'];
    try {
      checkTerminal(stdin, session.terminal, input);
    } catch (error) {
      session[Symbol.dispose]();
      throw error;
    }
    return join(context, session, {
      input,
      terminal: session.terminal,
      redraw: true,
      detachKeys: flags['detach-keys'] ?? dockerSetting(context, 'detachKeys') ?? DETACH_KEYS,
      passSignals:
        flags['sig-proxy'] && !session.terminal ? (signal) => session.kill(signal) : undefined,
    });
  },
});
