import { join, resolve } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import type { AccessSettings } from '../../registry-server/access/settings.ts';
import type { Context } from '../command.ts';
import { flag } from '../flags.ts';

/** Flags about who gets in, and what they may do. */
export const ACCESS_FLAGS = {
  allow: flag.list('rule', 'Who may do what: "WHO:PATTERN:ACTIONS", as "alice,@devs:team/**:all"'),
  'external-url': flag.text(
    'url',
    'How clients reach this registry, where they are sent for tokens',
  ),
  'failed-logins': flag.number(
    'int',
    'Wrong passwords that an address may send in a minute for a user, 10 by default',
  ),
  groups: flag.text('file', 'Groups of users, as "devs: alice bob" lines'),
  htpasswd: flag.text('file', 'Users and hashes of their passwords, as "htpasswd -B" writes them'),
  'token-issuer': flag.text('string', 'Who issues tokens at --token-realm'),
  'token-keys': flag.text('file|url', 'Public keys of --token-realm: a JWK set, or PEM'),
  'token-life': flag.duration('How long a token of this registry is good, "5m" by default'),
  'token-realm': flag.text('url', 'Send clients to this service for tokens, which decides alone'),
  'token-service': flag.text('string', 'What this registry is called in tokens'),
  tokens: flag.toggle('Give users tokens for their passwords'),
  'trusted-proxy': flag.list(
    'network',
    'Believe the X-Forwarded headers of this address or network',
  ),
};

const TOKEN_LIFE = 5 * 60_000;
const SERVICE = 'stave registry';

/**
 * What the flags say; `data` is where keys are kept. `certificates` says that clients show theirs.
 * Throws UsageError.
 */
export function accessSettings(
  { flags, cwd }: Pick<Context<typeof ACCESS_FLAGS>, 'flags' | 'cwd'>,
  { data, certificates }: { readonly data: string; readonly certificates: boolean },
): AccessSettings {
  const path = (typed: string | undefined): string | undefined =>
    typed === undefined ? undefined : resolve(cwd, typed);
  const { allow: rules, 'token-realm': realm, 'token-service': service = SERVICE } = flags;
  const letsAnyoneIn = rules.some((rule) => rule.split(':')[0]?.split(',').includes('anonymous'));
  // Clients that shall get in without a password ask for a token; a password is asked of all.
  const hasTokens = flags.tokens || (letsAnyoneIn && flags.htpasswd !== undefined);
  return {
    passwords: path(flags.htpasswd),
    groups: path(flags.groups),
    rules,
    certificates,
    externalUrl: flags['external-url'],
    trustedProxies: flags['trusted-proxy'],
    failedLogins: flags['failed-logins'],
    ownTokens: hasTokens
      ? {
          directory: join(data, 'tokens'),
          service,
          life: Math.round((flags['token-life'] ?? TOKEN_LIFE) / 1000),
        }
      : undefined,
    outsideTokens: realm === undefined ? undefined : outside(flags, cwd, realm),
  };
}

function outside(
  flags: Context<typeof ACCESS_FLAGS>['flags'],
  cwd: string,
  realm: string,
): AccessSettings['outsideTokens'] {
  const { 'token-issuer': issuer, 'token-keys': keys, 'token-service': service } = flags;
  if (issuer === undefined || keys === undefined || service === undefined) {
    throw new UsageError('--token-realm needs --token-service, --token-issuer and --token-keys');
  }
  return { realm, service, issuer, keys: /^https?:\/\//.test(keys) ? keys : resolve(cwd, keys) };
}
