import { InvalidInputError, StaveError } from '../base/errors.ts';
import { Fields, parseJson } from '../oci/json.ts';
import { formatReference, type Reference, repositoryName } from '../oci/reference.ts';
import { TrustConfigError } from './errors.ts';
import type { SignedIdentity } from './identity.ts';
import { signedIdentity } from './policy-identity.ts';

/**
 * What may come from registries, by the policy that podman, skopeo and others read too.
 *
 * @see https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md
 */
export interface Policy {
  /** The file it was read from. */
  readonly path: string;
  readonly default: readonly Requirement[];
  /** For names of registries; the empty scope stands for all others. */
  readonly scopes: ReadonlyMap<string, readonly Requirement[]>;
}

/** One thing that an image must satisfy. */
export type Requirement =
  | { readonly type: 'insecureAcceptAnything' }
  | { readonly type: 'reject' }
  | {
      readonly type: 'sigstoreSigned';
      /** Any of them. */
      readonly keys: readonly PolicyKey[];
      readonly identity: SignedIdentity;
    }
  /** Valid, but nothing that can be checked here. `what` names it. */
  | { readonly type: 'unsupported'; readonly what: string };

/** A public key of a policy: a file, or PEM itself. */
export type PolicyKey = { readonly path: string } | { readonly data: Buffer };

/** The largest policy that is read, in bytes. */
export const POLICY_LIMIT = 1024 * 1024;
const COUNT_LIMIT = 1000;

/** Reads a policy; keys are not opened yet. Throws TrustConfigError that names the file. */
export function parsePolicy(data: Uint8Array, path: string): Policy {
  try {
    const root = fieldsOf(parseJson(data, POLICY_LIMIT, 'it'), 'it', ['default', 'transports']);
    const transports = root.optionalFields('transports');
    const docker = transports?.optionalFields('docker')?.json ?? {};
    return {
      path,
      default: requirements(root.list('default', COUNT_LIMIT), '"default"'),
      scopes: new Map(
        Object.entries(docker).map(([scope, value]) => {
          const what = `the scope ${JSON.stringify(scope.slice(0, 200))}`;
          if (!Array.isArray(value)) throw new InvalidInputError(`${what} is not a list`);
          return [scope, requirements(value, what)];
        }),
      ),
    };
  } catch (error) {
    if (!(error instanceof StaveError)) throw error;
    throw new TrustConfigError(`the policy ${path} cannot be used: ${error.message}`, {
      cause: error,
      hint: 'Nothing is pulled before it is repaired.',
    });
  }
}

/**
 * What an image of that name must satisfy, all of it: by the whole name, its repository, the
 * folders it is in, its host, wildcards for the host, all registries, everything.
 */
export function requirementsFor(
  { scopes, default: all }: Policy,
  reference: Reference,
): readonly Requirement[] {
  const { tag: _, ...named } = reference;
  const whole = formatReference(reference.digest === undefined ? reference : named);
  const places = [whole, ...parentsOf(repositoryName(reference)), ...wildcards(reference), ''];
  for (const place of places) {
    const found = scopes.get(place);
    if (found) return found;
  }
  return all;
}

function parentsOf(name: string): string[] {
  const parts = name.split('/');
  return parts.map((_, at) => parts.slice(0, parts.length - at).join('/'));
}

function wildcards({ registry }: Reference): string[] {
  const parts = registry.replace(/:\d+$/, '').split('.').slice(1);
  return parts.map((_, at) => `*.${parts.slice(at).join('.')}`);
}

function requirements(list: readonly unknown[], what: string): readonly Requirement[] {
  if (list.length === 0) throw new InvalidInputError(`${what} is empty`);
  if (list.length > COUNT_LIMIT) throw new InvalidInputError(`${what} is too long`);
  return list.map((one) => requirement(new Fields(one, `a requirement of ${what}`), what));
}

function requirement(fields: Fields, what: string): Requirement {
  const type = fields.text('type');
  switch (type) {
    case 'insecureAcceptAnything':
    case 'reject':
      fieldsOf(fields.json, what, ['type']);
      return { type };
    case 'signedBy':
    case 'signedBaseLayer':
      return { type: 'unsupported', what: `"${type}": signatures of GPG` };
    case 'sigstoreSigned':
      return sigstoreSigned(fields, what);
    default:
      throw new InvalidInputError(
        `the requirement ${JSON.stringify(type.slice(0, 100))} of ${what} is not known`,
      );
  }
}

const KEY_FIELDS = ['keyPath', 'keyPaths', 'keyData', 'keyDatas'];
const SERVICES = [
  'fulcio',
  'pki',
  'rekorPublicKeyPath',
  'rekorPublicKeyPaths',
  'rekorPublicKeyData',
  'rekorPublicKeyDatas',
];

function sigstoreSigned(fields: Fields, what: string): Requirement {
  fieldsOf(fields.json, what, ['type', 'signedIdentity', ...KEY_FIELDS, ...SERVICES]);
  const service = SERVICES.find((name) => fields.has(name));
  if (service !== undefined) {
    return { type: 'unsupported', what: `"${service}" of "sigstoreSigned"` };
  }
  const given = KEY_FIELDS.filter((name) => fields.has(name));
  if (given.length !== 1) {
    throw new InvalidInputError(
      `"sigstoreSigned" of ${what} needs one of ${KEY_FIELDS.join(', ')}`,
    );
  }
  const decode = (text: string): PolicyKey => ({ data: Buffer.from(text, 'base64') });
  const texts = (one: string, many: string): readonly string[] => {
    const single = fields.optionalText(one);
    return single === undefined ? (fields.optionalTexts(many, COUNT_LIMIT) ?? []) : [single];
  };
  const paths = texts('keyPath', 'keyPaths');
  const datas = texts('keyData', 'keyDatas');
  if (paths.length + datas.length === 0) {
    throw new InvalidInputError(`"sigstoreSigned" of ${what} has no key`);
  }
  return {
    type: 'sigstoreSigned',
    keys: [...paths.map((path): PolicyKey => ({ path })), ...datas.map(decode)],
    identity: signedIdentity(fields.optionalFields('signedIdentity')),
  };
}

/** The object, if it has no other members: what is not understood could be what protects. */
function fieldsOf(value: unknown, what: string, known: readonly string[]): Fields {
  const fields = new Fields(value, what);
  const other = Object.keys(fields.json).find((key) => !known.includes(key));
  if (other === undefined) return fields;
  throw new InvalidInputError(`${JSON.stringify(other.slice(0, 100))} of ${what} is not known`);
}
