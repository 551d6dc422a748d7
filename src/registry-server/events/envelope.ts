import type { RegistryEvent } from './event.ts';

/** What an endpoint gets: a body and its type. */
export interface Envelope {
  readonly type: string;
  readonly body: string;
}

/** Forms in which events are sent. */
export const EVENT_FORMATS = ['distribution', 'cloudevents'] as const;

/** One of {@link EVENT_FORMATS}. */
export type EventFormat = (typeof EVENT_FORMATS)[number];

/** Who sends. */
export interface EventSource {
  /** How clients reach the registry: `https://registry.example`. */
  readonly url: string;
  /** Another one after each start. */
  readonly instance: string;
}

/** The event in the form that an endpoint wants. */
export function envelopeOf(
  event: RegistryEvent,
  format: EventFormat,
  source: EventSource,
): Envelope {
  return format === 'distribution' ? notification(event, source) : cloudEvent(event, source);
}

/**
 * The form of the reference registry. `tag`, which it has not, looks like its other actions.
 *
 * @see https://distribution.github.io/distribution/about/notifications/
 */
function notification(event: RegistryEvent, source: EventSource): Envelope {
  const { id, time: timestamp, action, target, request, actor } = event;
  const { repository, mediaType, digest, size, tag, from } = target;
  const one = {
    id,
    timestamp,
    action,
    target: {
      mediaType,
      size,
      digest,
      length: size,
      repository,
      fromRepository: from,
      url: urlOf(event, source),
      tag,
    },
    request: {
      id: request.id,
      addr: request.address,
      host: request.host,
      method: request.method,
      useragent: request.agent,
    },
    actor: { name: actor },
    source: { addr: new URL(source.url).host, instanceID: source.instance },
  };
  return {
    type: 'application/vnd.docker.distribution.events.v2+json',
    body: JSON.stringify({ events: [one] }),
  };
}

/** @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
function cloudEvent(event: RegistryEvent, source: EventSource): Envelope {
  const { id, time, action, target, request, actor } = event;
  const { repository, mediaType, digest, size, tag, from, isManifest } = target;
  const reference = tag === undefined ? `@${digest}` : `:${tag}`;
  const body = {
    specversion: '1.0',
    id,
    source: source.url,
    type: `stave.registry.${isManifest ? 'manifest' : 'blob'}.${action}`,
    subject: `${repository}${reference}`,
    time,
    datacontenttype: 'application/json',
    data: {
      repository,
      tag,
      digest,
      mediaType,
      size,
      from,
      url: urlOf(event, source),
      actor,
      request,
    },
  };
  return { type: 'application/cloudevents+json', body: JSON.stringify(body) };
}

function urlOf({ target }: RegistryEvent, source: EventSource): string | undefined {
  const { repository, digest, tag, isManifest } = target;
  const reference = digest ?? tag;
  if (reference === undefined) return undefined;
  const kind = isManifest ? 'manifests' : 'blobs';
  return `${source.url.replace(/\/$/, '')}/v2/${repository}/${kind}/${reference}`;
}
