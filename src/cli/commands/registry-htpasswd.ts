import { InvalidInputError, UsageError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';

const FLAGS = {
  cost: flag.number('int', 'How costly each guess is, from 4 to 16, 10 by default'),
};
const COST = 10;
/** bcrypt does not see what is behind. */
const PASSWORD_LIMIT = 72;

/** `registry htpasswd`. */
export const registryHtpasswd = command({
  usage: '[OPTIONS] USER < PASSWORD',
  operands: [1, 1],
  flags: FLAGS,
  examples: [['Add a user', 'printf s3cret | stave registry htpasswd alice >> users']],

  async run({ operands: [user = ''], flags: { cost = COST }, stdin, stdout, stderr }) {
    const { isUserName } = await import('../../registry-server/access/rules.ts');
    if (!isUserName(user)) throw new UsageError(`${JSON.stringify(user)} is no name of a user`);
    if (cost < 4 || cost > 16) throw new UsageError('--cost is from 4 to 16');
    if (stdin.terminal) stderr.write('Password: ');
    const typed = stdin.terminal ? await stdin.secret() : await stdin.line();
    const password = (typed ?? '').replace(/\r$/, '');
    if (password === '') throw new InvalidInputError('there is no password on standard input');
    if (password.includes('\0') || Buffer.byteLength(password) > PASSWORD_LIMIT) {
      throw new InvalidInputError(`a password has at most ${PASSWORD_LIMIT} bytes, and no NUL`);
    }
    const { BcryptThread } = await import('../../registry-server/access/bcrypt-thread.ts');
    using thread = new BcryptThread();
    stdout.line(`${user}:${await thread.hash(password, cost)}`);
  },
});
