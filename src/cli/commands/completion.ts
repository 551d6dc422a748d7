import { InvalidInputError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { completionScript, SHELLS } from '../completion/scripts.ts';

/** `completion`. */
export const completion = command({
  usage: 'bash|zsh|fish',
  operands: [1, 1],
  flags: {},
  examples: [
    ['Complete commands in this bash', 'source <(stave completion bash)'],
    [
      'In every bash from now on',
      'stave completion bash > /etc/bash_completion.d/stave',
      'a file outside the test',
    ],
    ['In every zsh', 'stave completion zsh > "${fpath[1]}/_stave"', 'a file outside the test'],
    [
      'In every fish',
      'stave completion fish > ~/.config/fish/completions/stave.fish',
      'a file outside the test',
    ],
  ],

  async run({ operands: [asked = ''], stdout }) {
    const shell = SHELLS.find((one) => one === asked);
    if (shell === undefined) {
      throw new InvalidInputError(`no completion for the shell ${JSON.stringify(asked)}`, {
        hint: `There is completion for ${SHELLS.join(', ')}.`,
      });
    }
    stdout.raw(completionScript(shell));
  },
});
