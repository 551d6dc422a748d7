import { InvalidInputError } from '../base/errors.ts';
import type { TrustAnchor } from '../engine/trust-types.ts';
import type { Host } from './command.ts';

/**
 * The password of a key, from COSIGN_PASSWORD or asked for on a terminal; that of a new key (none
 * is given) is asked for twice. Throws InvalidInputError.
 */
export async function passwordFor(
  { env, stdin, stderr }: Pick<Host, 'env' | 'stdin' | 'stderr'>,
  key: TrustAnchor | undefined,
): Promise<string> {
  const given = env['COSIGN_PASSWORD'];
  if (given !== undefined) return given;
  if (!stdin.terminal) {
    const what = key ? `the key ${key.name} is encrypted` : 'a new key is encrypted';
    throw new InvalidInputError(`${what}, and there is no terminal to ask for its password`, {
      hint: 'Put it into COSIGN_PASSWORD.',
    });
  }
  const ask = async (question: string): Promise<string> => {
    stderr.write(question);
    const answer = await stdin.secret();
    stderr.write('\n');
    return answer ?? '';
  };
  const password = await ask(key ? `Password of ${key.name}: ` : 'Password of the new key: ');
  if (!key && password !== (await ask('Again: '))) {
    throw new InvalidInputError('the passwords are not the same');
  }
  return password;
}
