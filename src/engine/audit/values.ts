import { looksSecret } from '../../dockerfile/lint/key-values.ts';
import { tokensIn, type Found } from './shapes.ts';

/** What stands where a value will stand, or is none. */
const PLACEHOLDER =
  /^(?:\$.*|%.*%|<.*>|\{\{.*|\[.*\]|(.)\1*|true|false|null|none|nil|undefined|yes|no|on|off|enabled|disabled|changeme|pass|change-me|placeholder|dummy|todo|redacted|password|passwd|secret|token|user|username|your[-_ ].*|my[-_]?(?:password|secret|token)|example.*)$/i;
/** Names of what is public, or no credential at all. */
const PUBLIC_NAME =
  /gpg|pgp|fingerprint|keyring|keyserver|checksum|(?:_|^)(?:id|ids|url|uri|path|dir|name|host|port|ttl|type|size|length|mode|method|header|expiry|timeout|algorithm|enabled|disabled|prefix|suffix)$/i;
/** Names that mean nothing but a credential, whatever text they stand in. */
const SURE = /passw(?:or)?d|passphrase|secret|token|api_?key|credential/i;

/** Whether a value that is called like a secret can be one. */
export function isCredential(name: string, value: string): boolean {
  // Labels have points where variables have lines.
  const plain = name.replace(/[./-]/g, '_');
  if (!looksSecret(plain) || PUBLIC_NAME.test(plain)) return false;
  return isValue(value);
}

/** Whether a text can be a password or token: no placeholder, no path, no number of few digits. */
export function isValue(value: string): boolean {
  const text = value.trim().replace(/^["']|["']$/g, '');
  if (text.length < 4 || PLACEHOLDER.test(text)) return false;
  return !/^\/|^\.\.?\/|^\d{1,5}$|^[a-z][a-z0-9+.-]*:\/\/[^@]*$|\$\{?\w|\$\(/i.test(text);
}

const URL_PASSWORD =
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/([^\s/:@"'<>$]{0,200}):([^\s/@"'<>]{1,200})@[\w[]/gi;

/** Passwords in URLs. */
export function urlPasswordsIn(text: string): Found[] {
  return [...text.matchAll(URL_PASSWORD)].flatMap(({ 2: value = '', index }) =>
    isValue(value)
      ? [{ rule: 'UrlPassword', description: 'a password in a URL', value, at: index }]
      : [],
  );
}

/** How passwords stand in commands. */
const IN_COMMANDS: readonly RegExp[] = [
  /\s--?(?:password|passwd|pass|token|secret|api-?key|auth-?token|access-?token)[= ]["']?([^\s"';&|]{4,300})/gi,
  /\bauthorization:\s*(?:basic|bearer|token)\s+([\w+/=.~-]{8,500})/gi,
  /\becho\s+(?:-[ne]+\s+)?["']?[\w.-]{1,64}:([^\s"'|]{4,200})["']?\s*\|\s*chpasswd/gi,
  /\b(?:curl|wget)\b[^|;&\n]{0,400}?\s(?:-u|--user)[= ]["']?[^\s:"']{1,100}:([^\s"']{4,200})/gi,
  /\b_?(?:authToken|_auth|_password)\s*[= ]\s*["']?([^\s"';&|]{8,300})/g,
];
const ASSIGNED =
  /(?<![\w$.-])([A-Za-z_]\w{1,60})=(?:"([^"$`]{4,300})"|'([^']{4,300})'|([^\s"'`;&|$()]{4,300}))/g;

/** Credentials in the text of a command: tokens, passwords of options and headers, assignments. */
export function credentialsIn(text: string): Found[] {
  const rule = 'CredentialInCommand';
  const found: Found[] = [...tokensIn(text), ...urlPasswordsIn(text)];
  for (const pattern of IN_COMMANDS) {
    for (const { 1: value = '', index } of text.matchAll(pattern)) {
      if (isValue(value)) found.push({ rule, description: 'a password', value, at: index });
    }
  }
  for (const match of text.matchAll(ASSIGNED)) {
    const [, name = ''] = match;
    const value = match[2] ?? match[3] ?? match[4] ?? '';
    if (!SURE.test(name) || !isCredential(name, value)) continue;
    const description = `the value of ${name}`;
    found.push({ rule, description, value, at: match.index });
  }
  return distinct(found);
}

/** Without those that say the same of a part of another. */
export function distinct(found: readonly Found[]): Found[] {
  return found.filter(
    ({ value }, at) =>
      !found.some(
        (other, index) =>
          index !== at &&
          (other.value === value
            ? index < at
            : other.value.length > value.length && other.value.includes(value)),
      ),
  );
}
