import { readFileSync } from 'node:fs';
import { InvalidInputError } from '../../../base/errors.ts';
import type { EventFormat } from '../../../registry-server/events/envelope.ts';
import type { EventAction } from '../../../registry-server/events/event.ts';
import type { HookEndpoint } from '../../../registry-server/events/hooks.ts';
import { readRules, type TagRules } from '../../../registry-server/maintenance/rules.ts';
import type { MirrorDocument } from '../../../registry-server/mirror/read-settings.ts';
import type { Host } from '../../command.ts';
import type { AwsSettings } from '../aws-settings.ts';
import { valueAt } from './effective.ts';
import type { ConfigTree } from './read.ts';
import { secretAt } from './secrets.ts';
import type { SecretReference } from './shape.ts';

/** An endpoint as a file has it. */
interface EndpointTree {
  readonly name: string;
  readonly url: string;
  readonly format?: EventFormat;
  readonly actions?: readonly EventAction[];
  readonly repositories?: readonly string[];
  readonly 'media-types'?: readonly string[];
  readonly secret?: SecretReference;
  readonly headers?: Readonly<Record<string, string | SecretReference>>;
  readonly ca?: string;
  readonly timeout?: number;
  readonly 'give-up-after'?: number;
}

const TIMEOUT = 10_000;
const GIVE_UP_AFTER = 24 * 3_600_000;

/** The rules within a file; undefined when it has none. Throws InvalidInputError. */
export function inlineRules(tree: ConfigTree): TagRules | undefined {
  const immutable = valueAt(tree, 'keep.immutable');
  const retention = valueAt(tree, 'keep.retention');
  if (immutable === undefined && retention === undefined) return undefined;
  return readRules({ immutable, retention });
}

/** Mirrors and jobs within a file. Throws InvalidInputError. */
export async function inlineMirrors(tree: ConfigTree): Promise<MirrorDocument> {
  const mirrors = valueAt(tree, 'mirrors');
  const sync = valueAt(tree, 'sync');
  if (mirrors === undefined && sync === undefined) return { mirrors: [], sync: [] };
  const { readMirrors } = await import('../../../registry-server/mirror/read-settings.ts');
  // Paths are whole by now.
  return readMirrors({ mirrors, sync }, '/');
}

/** The credentials within a file; undefined when it has none. Throws InvalidInputError. */
export function inlineCredentials(
  tree: ConfigTree,
  host: Pick<Host, 'env'>,
): AwsSettings['credentials'] | undefined {
  const place = 'storage.s3.credentials';
  if (Object.keys(valueAt(tree, place) ?? {}).length === 0) return undefined;
  const of = (key: string): string | undefined => {
    const reference = valueAt(tree, `${place}.${key}`) as SecretReference | undefined;
    return reference && secretAt(reference, `${place}.${key}`, host);
  };
  const [accessKeyId, secretAccessKey, sessionToken] = [
    of('access-key-id'),
    of('secret-access-key'),
    of('session-token'),
  ];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new InvalidInputError(`${place} needs access-key-id and secret-access-key`);
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

/** Who is told of events. Throws InvalidInputError. */
export function hookEndpoints(tree: ConfigTree, host: Pick<Host, 'env'>): readonly HookEndpoint[] {
  const list = (valueAt(tree, 'webhooks.endpoints') ?? []) as readonly EndpointTree[];
  const names = list.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new InvalidInputError(`two endpoints of webhooks are called ${JSON.stringify(twice)}`);
  }
  return list.map((one) => endpointOf(one, host));
}

function endpointOf(one: EndpointTree, host: Pick<Host, 'env'>): HookEndpoint {
  const { name, url, format = 'distribution', secret, headers = {}, ca } = one;
  const place = `webhooks.${name}`;
  return {
    name,
    url,
    format,
    actions: one.actions ?? ['push', 'delete', 'mount'],
    repositories: one.repositories ?? [],
    mediaTypes: one['media-types'] ?? [],
    secret: secret && secretAt(secret, `${place}.secret`, host),
    headers: Object.fromEntries(
      Object.entries(headers).map(([header, value]) => [
        header.toLowerCase(),
        typeof value === 'string' ? value : secretAt(value, `${place}.headers.${header}`, host),
      ]),
    ),
    ca: ca === undefined ? undefined : bytesOf(ca, place),
    timeout: one.timeout ?? TIMEOUT,
    giveUpAfter: one['give-up-after'] ?? GIVE_UP_AFTER,
  };
}

function bytesOf(path: string, place: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InvalidInputError(`${place}: cannot read ${path}`, { cause: error });
  }
}
