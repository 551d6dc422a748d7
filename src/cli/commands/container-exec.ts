import { command } from '../command.ts';
import { linesOfFile, resolvedVariables } from '../key-values.ts';
import { DETACH_KEYS } from '../detach-keys.ts';
import { dockerSetting } from '../docker-settings.ts';
import { flag } from '../flags.ts';
import { checkTerminal, join } from '../session-io.ts';

/** `container exec`, `exec`. */
export const containerExec = command({
  usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
  operands: [2, Number.POSITIVE_INFINITY],
  stopAtOperand: true,
  flags: {
    detach: flag.toggle('In the background', 'd'),
    'detach-keys': flag.text('string', `Keys that leave it running (default: ${DETACH_KEYS})`),
    env: flag.list('list', 'A variable; without "=value" the caller\'s', 'e'),
    'env-file': flag.list('list', 'A file of variables, one a line'),
    interactive: flag.toggle('Hand standard input on', 'i'),
    privileged: flag.toggle('With all capabilities'),
    tty: flag.toggle('Give it a terminal', 't'),
    user: flag.text('string', 'Who runs it: "name|uid[:group|gid]"', 'u'),
    workdir: flag.text('string', 'Working directory inside', 'w'),
  },
  examples: [['A shell in a container that runs', 'stave exec -it web1 sh', 'a terminal']],

  async run(context) {
    const { operands, flags, stdin, stdout, stderr, cwd, env } = context;
    const [name = '', ...argv] = operands;
    if (!flags.detach) checkTerminal(stdin, flags.tty, flags.interactive);
    const { containers } = await context.engine();
    const variables = [
      ...flags['env-file'].flatMap((file) => linesOfFile(cwd, file)),
      ...flags.env,
    ];
    const session = await containers.exec(
      name,
      {
        command: argv,
        env: resolvedVariables(variables, env),
        interactive: flags.interactive && !flags.detach,
        terminal: flags.tty,
        privileged: flags.privileged,
        ...(flags.user !== undefined && { user: flags.user }),
        ...(flags.workdir !== undefined && { workdir: flags.workdir }),
      },
      flags.detach
        ? undefined
        : {
            stdout: (chunk) => stdout.raw(chunk),
            stderr: (chunk) => stderr.raw(chunk),
          },
    );
    if (!session) return undefined;
    return join(context, session, {
      input: flags.interactive,
      terminal: flags.tty,
      detachKeys: flags['detach-keys'] ?? dockerSetting(context, 'detachKeys') ?? DETACH_KEYS,
    });
  },
});
