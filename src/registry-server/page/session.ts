import { NOBODY } from '../access/access.ts';
import type { Exchange } from '../answer.ts';
import type { RegistryStorage } from '../storage.ts';
import type { Login, Session } from './api-types.ts';

/** Who asks, and how somebody can sign in. Throws Problem 401 and 429 for bad credentials. */
export async function sessionOf(
  exchange: Exchange,
  storage: RegistryStorage,
  readOnly: boolean,
): Promise<Session> {
  const { access, request } = exchange;
  exchange.caller = await access.identify(request);
  return {
    user: exchange.caller.name ?? null,
    login: loginOf(exchange),
    readOnly,
    keepsHistory: storage.history !== undefined,
  };
}

/** What those are told who have shown nothing, in the words of the page. */
function loginOf({ access, request }: Exchange): Login {
  const refusal = access.refusal(request, NOBODY, { kind: 'a greeting' });
  const challenge = refusal?.headers['www-authenticate'];
  if (challenge === undefined) return { kind: 'none' };
  if (!challenge.startsWith('Bearer ')) return { kind: 'password' };
  const [, realm = ''] = /realm="([^"]*)"/.exec(challenge) ?? [];
  const [, service = ''] = /service="([^"]*)"/.exec(challenge) ?? [];
  return access.addresses.size > 0 ? { kind: 'token', service } : { kind: 'elsewhere', realm };
}
