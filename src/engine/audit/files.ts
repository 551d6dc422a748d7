import { tokensIn, type Found } from './shapes.ts';
import { distinct, isCredential, isValue, urlPasswordsIn } from './values.ts';

/** Bytes of such a file that are read. */
export const KNOWN_FILE_LIMIT = 256 * 1024;

/** A file that programs keep credentials in. */
interface KnownFile {
  readonly path: RegExp;
  readonly rule: string;
  readonly description: string;
  /** Their first group is the credential. */
  readonly values: readonly RegExp[];
  readonly urls?: true;
}

const file = (
  path: RegExp,
  rule: string,
  description: string,
  ...values: readonly RegExp[]
): KnownFile => ({ path, rule, description, values });

const KNOWN: readonly KnownFile[] = [
  {
    ...file(
      /(?:^|\/)\.?(?:npmrc|yarnrc(?:\.yml)?)$/,
      'NpmCredentials',
      'a credential of npm',
      /(?:_authToken|_auth|_password)\s*=\s*["']?([^\s"']+)/g,
      /npmAuth(?:Token|Ident):\s*["']?([^\s"']+)/g,
    ),
    urls: true,
  },
  file(/(?:^|\/)[._]netrc$/, 'NetrcPassword', 'a password of .netrc', /\bpassword\s+(\S+)/g),
  { ...file(/(?:^|\/)\.git-credentials$/, 'GitCredentials', 'a password of git'), urls: true },
  {
    ...file(
      /(?:^|\/)(?:\.git\/(?:modules\/.+\/)?config|\.gitconfig|\.config\/git\/(?:config|credentials))$/,
      'GitCredentials',
      'a credential of git',
      /extraheader\s*=\s*["']?authorization:\s*\w+\s+([\w+/=.-]{8,})/gi,
    ),
    urls: true,
  },
  file(
    /(?:^|\/)(?:\.docker\/config\.json|\.dockercfg|containers\/auth\.json|kaniko\/\.docker\/config\.json)$/,
    'RegistryCredentials',
    'a password for a registry',
    /"(?:auth|identitytoken|registrytoken|password)"\s*:\s*"([^"]{4,})"/g,
  ),
  {
    ...file(/(?:^|\/)\.?pip(?:\.conf|\/pip\.conf)$/, 'PipPassword', 'a password of pip'),
    urls: true,
  },
  file(/(?:^|\/)\.pypirc$/, 'PypiPassword', 'a password of PyPI', /^\s*password\s*[:=]\s*(\S+)/gm),
  file(
    /(?:^|\/)\.aws\/(?:credentials|config)$/,
    'AwsSecretKey',
    'a secret key of AWS',
    /aws_(?:secret_access_key|session_token)\s*=\s*(\S{16,})/g,
  ),
  file(
    /(?:^|\/)(?:\.kube\/config|kubeconfig|etc\/kubernetes\/\S+\.conf)$/,
    'KubernetesCredentials',
    'a credential of Kubernetes',
    /^\s*(?:token|client-key-data|password):\s*["']?([^\s"']+)/gm,
  ),
  file(
    /(?:^|\/)\.(?:my\.cnf|mylogin\.cnf|pgpass)$/,
    'DatabasePassword',
    'a password of a database',
    /^\s*password\s*=\s*(\S+)/gm,
    /^(?!#)[^\n:]*:[^\n:]*:[^\n:]*:[^\n:]*:(\S+)/gm,
  ),
  file(
    /(?:^|\/)(?:\.cargo\/credentials(?:\.toml)?|\.gem\/credentials|\.composer\/auth\.json|\.terraformrc|credentials\.tfrc\.json|\.vault-token|\.config\/gh\/hosts\.yml|\.config\/hub)$/,
    'ToolCredentials',
    'a credential of a tool',
    /(?:token|password|:rubygems_api_key|oauth_token)"?\s*[:=]\s*"?([^\s",]{8,})/g,
    /^((?:hv?s|s)\.[\w-]{20,})$/gm,
  ),
];
const DOTENV = /(?:^|\/)\.env(?:\.[\w-]+)?$/;
const EXAMPLE = /(?:example|sample|template|dist|defaults?)$/;

/** Whether a file of this name is read as a whole. */
export function isKnownFile(path: string): boolean {
  return (DOTENV.test(path) && !EXAMPLE.test(path)) || KNOWN.some((one) => one.path.test(path));
}

/** Credentials in a file that is known by its name. */
export function credentialsOf(path: string, text: string): Found[] {
  const found: Found[] = tokensIn(text);
  for (const { path: name, rule, description, values, urls } of KNOWN) {
    if (!name.test(path)) continue;
    for (const pattern of values) {
      for (const { 1: value = '', index } of text.matchAll(pattern)) {
        if (isValue(value)) found.push({ rule, description, value, at: index });
      }
    }
    if (urls) found.push(...urlPasswordsIn(text).map((one) => ({ ...one, rule, description })));
  }
  if (DOTENV.test(path)) {
    for (const { 1: name = '', 2: value = '', index } of text.matchAll(
      /^[ \t]*(?:export\s+)?([A-Za-z_]\w{0,80})[ \t]*=[ \t]*(\S[^\n]{0,500})/gm,
    )) {
      if (!isCredential(name, value)) continue;
      const description = `the value of ${name}`;
      found.push({ rule: 'DotenvCredential', description, value: value.trim(), at: index });
    }
  }
  return distinct(found);
}
