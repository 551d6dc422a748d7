import { collect } from '../../base/bytes.ts';
import { InvalidInputError, UsageError } from '../../base/errors.ts';
import { command, type Context } from '../command.ts';
import { flag } from '../flags.ts';
import { warningLines } from '../render/renderer.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

const FLAGS = {
  ...REACH_FLAGS,
  password: flag.text('string', 'The password or an access token', 'p'),
  'password-stdin': flag.toggle('Read the password from standard input'),
  username: flag.text('string', 'The user name', 'u'),
};

/** The longest password that is read, in bytes. */
const LIMIT = 64 * 1024;

/** `login`. */
export const login = command({
  usage: '[OPTIONS] [SERVER]',
  operands: [0, 1],
  flags: FLAGS,
  examples: [
    ['To Docker Hub', 'stave login -u alice', 'a registry'],
    [
      'From a script',
      'stave login -u ci --password-stdin registry.example.com < token',
      'a registry',
    ],
  ],

  async run(context) {
    const {
      operands: [server],
      flags,
      engine,
      stdout,
      stderr,
      signal,
    } = context;
    checkFlags(context);
    const { registries } = await engine(reach(context));
    const call = { signal, progress: warningLines(stderr) };
    if (flags.username === undefined && flags.password === undefined) {
      const known = await registries.knownUser(server, call);
      if (known !== undefined) {
        stderr.line(`Authenticating with existing credentials... [Username: ${known}]`);
        stderr.line(
          "\n Info -> To login with a different account, run 'stave logout' followed by 'stave login'\n\n",
        );
        await registries.user(server, call);
        stdout.line('Login Succeeded');
        return;
      }
    }
    const { username, password } = await asked(context);
    const stored = await registries.login(server, { username, password }, call);
    if (stored.changed && stored.helper === undefined) {
      stderr.line(`\nWARNING! Your credentials are stored unencrypted in '${stored.path}'.`);
      stderr.line('Configure a credential helper to remove this warning. See');
      stderr.line('https://docs.docker.com/go/credential-store/\n');
    }
    stdout.line('Login Succeeded');
  },
});

function checkFlags({ flags, stderr }: Context<typeof FLAGS>): void {
  if (flags.password !== undefined) {
    stderr.line('WARNING! Using --password via the CLI is insecure. Use --password-stdin.');
    if (flags['password-stdin']) {
      throw new UsageError(
        'conflicting options: cannot specify both --password and --password-stdin',
        {
          exitCode: 1,
        },
      );
    }
  }
  if (flags['password-stdin'] && (flags.username ?? '') === '') {
    throw new UsageError('the --password-stdin option requires --username to be set', {
      exitCode: 1,
    });
  }
}

/** What was not given is asked for, on a terminal only. */
async function asked({
  flags,
  stdin,
  stdout,
}: Context<typeof FLAGS>): Promise<{ username: string; password: string }> {
  let { username, password } = flags;
  if (flags['password-stdin']) {
    const text = (await collect(stdin.bytes(), LIMIT)).toString();
    password = text.replace(/\r?\n$/, '');
  }
  const isComplete = username !== undefined && password !== undefined;
  if (!isComplete && !stdin.terminal) {
    throw new InvalidInputError('Cannot perform an interactive login from a non TTY device', {
      hint: "Give '--username' and '--password-stdin'.",
    });
  }
  if (username === undefined) {
    stdout.write('Username: ');
    username = (await stdin.line())?.trim() ?? '';
  }
  if (username === '') throw new InvalidInputError('username is empty');
  if (password === undefined) {
    stdout.write('Password: ');
    password = (await stdin.secret()) ?? '';
    stdout.line('');
  }
  if (password === '') throw new InvalidInputError('password is empty');
  return { username, password };
}
