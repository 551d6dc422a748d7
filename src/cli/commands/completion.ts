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
      'mkdir -p ~/.local/share/bash-completion/completions && stave completion bash > ~/.local/share/bash-completion/completions/stave',
      'the package bash-completion',
    ],
    ['In every zsh', 'stave completion zsh > "${fpath[1]}/_stave"', 'zsh'],
    ['In every fish', 'stave completion fish > ~/.config/fish/completions/stave.fish', 'fish'],
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
