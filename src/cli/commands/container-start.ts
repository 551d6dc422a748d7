import { Exit, StaveError, UsageError } from '../../base/errors.ts';
import type { Containers } from '../../engine/container-types.ts';
import { command, type Context } from '../command.ts';
import { DETACH_KEYS } from '../detach-keys.ts';
import { dockerSetting } from '../docker-settings.ts';
import { eachOf } from '../each-operand.ts';
import { flag, refused } from '../flags.ts';
import { warningLines } from '../render/renderer.ts';
import { join } from '../session-io.ts';

const FLAGS = {
  ...refused('checkpoints are not available in this version', ['checkpoint', 'checkpoint-dir']),
  attach: flag.toggle('Show its output, and pass signals on to it', 'a'),
  'detach-keys': flag.text('string', `Keys that leave it running (default: ${DETACH_KEYS})`),
  interactive: flag.toggle('Hand standard input on', 'i'),
  'restart-policy': flag.text(
    'list',
    "Instead of names: those that do not run and have one of these policies, such as 'always,unless-stopped'",
  ),
};

/** `container start`, `start`. */
export const containerStart = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  operands: [0, Number.POSITIVE_INFINITY],
  flags: FLAGS,
  examples: [['Go on with a container that has ended', 'stave start web1', 'a container']],

  async run(context) {
    const { operands, flags, stdout, stderr, engine } = context;
    const { containers } = await engine();
    const progress = warningLines(stderr);
    const policies = flags['restart-policy'];
    if (policies !== undefined) return startPolicies(context, containers, policies);
    if (operands.length === 0)
      throw new UsageError("'start' requires at least 1 argument", { exitCode: 1 });
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

const POLICIES = ['always', 'unless-stopped', 'on-failure', 'no'] as const;

/** What is done after a boot; one that cannot be started does not keep the others from it. */
async function startPolicies(
  { operands, flags, stdout, complain }: Context<typeof FLAGS>,
  containers: Containers,
  text: string,
): Promise<number> {
  if (operands.length > 0 || flags.attach || flags.interactive) {
    throw new UsageError('--restart-policy goes with neither names nor streams');
  }
  const policies = text.split(',').map((word) => {
    const found = POLICIES.find((one) => one === word);
    if (!found) throw new UsageError(`invalid restart policy '${word}'`);
    return found;
  });
  let code: number = Exit.ok;
  for await (const { name, error } of containers.startByPolicy(policies)) {
    if (error === undefined) {
      stdout.line(name);
      continue;
    }
    if (!(error instanceof StaveError)) throw error;
    complain(error);
    code = Exit.failure;
  }
  return code;
}
