import { InvalidInputError } from '../base/errors.ts';
import type { BuildRequest } from '../engine/build-types.ts';
import type { Host } from './command.ts';
import type { Renderer } from './render/renderer.ts';

/** What `--on-fail` can be. */
export type OnFail = 'none' | 'shell' | undefined;

/**
 * What is done when a RUN fails: `shell` opens one in the state that it left. Unless that was
 * said, it is asked for once, where there is a person to answer: on a terminal, not in CI.
 * Throws InvalidInputError where a shell has no terminal.
 */
export function onFailure(
  host: Pick<Host, 'env' | 'stdin' | 'stderr' | 'signal'>,
  mode: OnFail,
  display: () => Renderer | undefined,
): Pick<BuildRequest, 'failed'> {
  const { env, stdin, stderr, signal } = host;
  const terminal = stdin.terminal && stderr.terminal;
  if (mode === 'shell' && !terminal) {
    throw new InvalidInputError('--on-fail=shell needs a terminal', {
      hint: 'Without one, the failed step and its output are shown and the build ends.',
    });
  }
  const inCi = (env['CI'] ?? '') !== '' && env['CI'] !== 'false';
  if (mode === 'none' || !terminal || (mode === undefined && inCi)) return {};
  let over = false;
  return {
    async failed({ name, message, shell, open }) {
      // Steps that fail beside it are told of at the end.
      if (over) return;
      over = true;
      using _pause = display()?.pause();
      stderr.line(`${name}: ${message}`);
      if (shell === undefined) {
        stderr.line('There is no shell in this image to look around with.');
        return;
      }
      if (mode === undefined) {
        const { askTerminal } = await import('./ask-terminal.ts');
        stderr.write('Open a shell in the state that it left? [y/N] ');
        const answer = await askTerminal(signal);
        if (!/^y(?:es)?$/i.test(answer?.trim() ?? '')) return;
      }
      stderr.line(`${shell} in the state that it left; nothing done here is kept.`);
      await open(env['TERM']);
    },
  };
}
