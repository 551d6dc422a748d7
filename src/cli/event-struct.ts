import type { StaveEvent } from '../engine/event-types.ts';
import { toJson } from './template/json.ts';
import { template } from './template/template.ts';
import { struct, type Struct, type Value } from './template/values.ts';

const NOTHING: StaveEvent = {
  at: new Date(0),
  type: 'image',
  action: '',
  actor: '',
  attributes: {},
};

/** Writes events as `json` or by a template. Throws TemplateError for one that would fail on any event. */
export function formatEvent(format: string): (event: StaveEvent) => string {
  if (format === 'json') return (event) => toJson(eventStruct(event));
  const parsed = template(format);
  parsed.execute(eventStruct(NOTHING));
  return (event) => parsed.execute(eventStruct(event));
}

/** An event with the members that Docker's API gives it; the first three repeat others. */
function eventStruct({ at, type, action, actor, attributes }: StaveEvent): Struct {
  const from = type === 'container' ? (attributes['image'] ?? '') : '';
  const time = at.getTime();
  const members: readonly (readonly [json: string, field: string, value: Value])[] = [
    ['status', 'Status', action],
    ['id', 'ID', actor],
    ['from', 'From', from],
    ['Type', 'Type', type],
    ['Action', 'Action', action],
    ['Actor', 'Actor', actorStruct(actor, attributes)],
    ['scope', 'Scope', 'local'],
    ['time', 'Time', Math.floor(time / 1000)],
    // Whole milliseconds: the digits are right although the number is beyond what is exact.
    ['timeNano', 'TimeNano', time * 1e6],
  ];
  return {
    kind: 'struct',
    type: '*events.Message',
    fields: new Map(members.map(([, field, value]) => [field, value])),
    json: members.map(([key, field]) => ({
      key,
      field,
      omitEmpty: key !== 'Type' && key !== 'Action',
    })),
  };
}

function actorStruct(id: string, attributes: StaveEvent['attributes']): Struct {
  return struct('events.Actor', { ID: id, Attributes: new Map(Object.entries(attributes)) });
}
