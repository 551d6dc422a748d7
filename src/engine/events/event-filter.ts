import type { EventFilter, StaveEvent } from '../event-types.ts';

/** Digits of an ID that lists show: the fewest that a beginning must have. */
const SHORT_ID = 12;

/** Makes the test for a filter, by Docker's rules. */
export function eventTest(filter: EventFilter = {}): (event: StaveEvent) => boolean {
  const { type, action, image, container, network, volume, label, other = [] } = filter;
  return (event) =>
    other.length === 0 &&
    (type?.includes(event.type) ?? true) &&
    (action?.includes(event.action) ?? true) &&
    (image?.some((one) => isOfImage(event, one)) ?? true) &&
    (container?.some((one) => isOfContainer(event, one)) ?? true) &&
    (network?.some((one) => isOfNetwork(event, one)) ?? true) &&
    (volume?.some((one) => event.type === 'volume' && event.actor.startsWith(one)) ?? true) &&
    (label?.every((one) => hasLabel(event, one)) ?? true);
}

function isOfImage({ type, actor, attributes }: StaveEvent, wanted: string): boolean {
  const name = attributes[type === 'image' ? 'name' : 'image'];
  const id = wanted.startsWith('sha256:') ? wanted : `sha256:${wanted}`;
  if (id.length >= 'sha256:'.length + SHORT_ID && actor.startsWith(id)) return true;
  return [actor, name].some(
    (one) => one !== undefined && (one === wanted || withoutTag(one) === wanted),
  );
}

function withoutTag(name: string): string {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

function isOfContainer({ type, actor, attributes }: StaveEvent, wanted: string): boolean {
  if (type !== 'container') return false;
  return actor.startsWith(wanted) || attributes['name']?.startsWith(wanted) === true;
}

function isOfNetwork({ type, actor, attributes }: StaveEvent, wanted: string): boolean {
  if (type !== 'network') return false;
  return actor.startsWith(wanted) || attributes['name']?.startsWith(wanted) === true;
}

function hasLabel({ attributes }: StaveEvent, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  if (equals < 0) return Object.hasOwn(attributes, wanted);
  const key = wanted.slice(0, equals);
  return Object.hasOwn(attributes, key) && attributes[key] === wanted.slice(equals + 1);
}
