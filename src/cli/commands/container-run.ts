import { creating } from '../bring-image.ts';
import { command } from '../command.ts';
import { CREATE_FLAGS } from '../create-flags.ts';
import { createRequest } from '../create-request.ts';
import { UsageError } from '../../base/errors.ts';
import { dockerSetting } from '../docker-settings.ts';
import { DETACH_KEYS } from '../detach-keys.ts';
import { flag } from '../flags.ts';
import { checkTerminal, join } from '../session-io.ts';

/** `container run`, `run`. */
export const containerRun = command({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  operands: [1, Number.POSITIVE_INFINITY],
  stopAtOperand: true,
  pointToHelp: true,
  flags: {
    ...CREATE_FLAGS,
    detach: flag.toggle('Run in the background and print its ID', 'd'),
    'detach-keys': flag.text('string', `Keys that leave it running (default: ${DETACH_KEYS})`),
    'sig-proxy': flag.toggle('Pass signals on to it', undefined, true),
  },
  examples: [
    ['A shell that leaves nothing behind', 'stave run --rm -it debian bash', 'a terminal'],
    [
      'A program on files of this machine',
      'stave run --rm -v "$PWD/src:/src" -w /src app:v1 cat main',
    ],
    ['A server in the background', 'stave run -d --name api --restart always app:v1 sleep 60'],
  ],

  async run(context) {
    const { stdin, stdout, stderr, flags } = context;
    const typed = createRequest(context);
    const { detach, tty } = flags;
    const streams = typed.attach ?? ['stdout', 'stderr', ...(flags.interactive ? ['stdin'] : [])];
    if (detach && typed.attach) {
      throw new UsageError('conflicting options: cannot specify both --attach and --detach');
    }
    const input = !detach && flags.interactive && streams.includes('stdin');
    if (!detach) checkTerminal(stdin, tty, input);
    const request = detach ? typed : { ...typed, attach: streams as typeof typed.attach & {} };
    const options = await creating(context, request);
    const { containers } = await context.engine();
    if (detach) {
      const { id } = await containers.run(request, options);
      stdout.line(id);
      return undefined;
    }
    const { session } = await containers.run(request, {
      ...options,
      attach: {
        stdout: (chunk) => streams.includes('stdout') && stdout.raw(chunk),
        stderr: (chunk) => streams.includes('stderr') && stderr.raw(chunk),
      },
    });
    if (!session) return undefined;
    return join(context, session, {
      input,
      terminal: tty,
      detachKeys: flags['detach-keys'] ?? dockerSetting(context, 'detachKeys') ?? DETACH_KEYS,
      passSignals: flags['sig-proxy'] && !tty ? (signal) => session.kill(signal) : undefined,
    });
  },
});
