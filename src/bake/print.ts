import { posix } from 'node:path';
import type { Entry } from './entries.ts';
import { ATTRIBUTES, RESOURCES, type AttributeName, type Fields, type Group } from './target.ts';
import { compareText } from './value/value.ts';
import { goString } from './value/json.ts';
import type { Resolved } from './resolve.ts';

/** Values whose `${` and `%{` are written so that they are read back as text. */
const ESCAPED: readonly AttributeName[] = [
  'annotations',
  'dockerfile-inline',
  'labels',
  'args',
  'extra-hosts',
];

/** The definition in JSON, as `--print` shows it: it is a bake file again. Without a line feed at the end. */
export function printed({ groups, targets }: Resolved): string {
  const target = new Map([...targets].map(([name, { fields }]) => [name, printable(fields)]));
  const group = new Map([...groups].map(([name, one]) => [name, printableGroup(one)]));
  return goJson({ ...(groups.size > 0 && { group }), target });
}

/** Plain data with the attributes of a target in their order. */
export function printable(fields: Fields): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(ATTRIBUTES) as AttributeName[]) {
    const value: unknown = fields[name];
    if (value === undefined || (value === '' && name === 'description')) continue;
    found[name] =
      name === 'context' && typeof value === 'string' ? contextText(value) : plain(name, value);
  }
  return found;
}

/** JSON with an indent of two, and `<`, `>`, `&` escaped, as Go writes it. */
export function goJson(value: unknown, indent = ''): string {
  if (typeof value === 'string') return goString(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((item) => goJson(item, inner))
    : [
        ...(value instanceof Map ? (value as ReadonlyMap<string, unknown>) : Object.entries(value)),
      ].map(([key, item]) => `${goString(key)}: ${goJson(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (parts.length === 0) return `${open}${close}`;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** As it will be used: the shortest way to write a directory. */
function contextText(context: string): string {
  if (
    /^(?:[a-z][a-z0-9+.-]*:\/\/|git@|github\.com\/)/i.test(context) &&
    !context.startsWith('cwd://')
  )
    return context;
  return posix.normalize(context.replace(/^cwd:\/\//, '') || '.').replace(/(?<=.)\/$/, '');
}

function printableGroup({ description, targets }: Group): Record<string, unknown> {
  return { ...(description !== undefined && { description }), targets };
}

function plain(name: AttributeName, value: unknown): unknown {
  if (name === 'resources' && value instanceof Map) {
    return Object.fromEntries(
      RESOURCES.filter((one) => value.has(one)).map((one) => [one, value.get(one) as unknown]),
    );
  }
  if (name === 'secret') {
    return (value as { id: string; src?: string; env?: string }[]).map(({ id, src, env }) => ({
      ...(id !== '' && { id }),
      ...(src !== undefined && { src }),
      ...(env !== undefined && { env }),
    }));
  }
  if (name === 'ssh') {
    return (value as { id: string; paths: readonly string[] }[]).map(({ id, paths }) => ({
      ...(id !== '' && { id }),
      ...(paths.length > 0 && { paths }),
    }));
  }
  if (name === 'attest') return (value as Entry[]).map(attestation);
  if (value instanceof Map) return sortedObject(name, value as ReadonlyMap<string, unknown>);
  if (Array.isArray(value))
    return value.map((item) =>
      item instanceof Map ? sortedObject(undefined, item) : escaped(name, item),
    );
  return escaped(name, value);
}

function attestation(entry: Entry): ReadonlyMap<string, unknown> {
  const disabled = /^(1|t|true)$/i.test(entry.get('disabled') ?? '');
  const rest = [...entry].filter(([key]) => key !== 'disabled');
  return sortedObject(
    undefined,
    new Map<string, unknown>(disabled ? [...rest, ['disabled', true]] : rest),
  );
}

function sortedObject(
  name: AttributeName | undefined,
  entries: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, unknown> {
  const sorted = [...entries].toSorted(([a], [b]) => compareText(a, b));
  return new Map(
    sorted.map(([key, value]) => [key, name === undefined ? value : escaped(name, value)]),
  );
}

function escaped(name: AttributeName, value: unknown): unknown {
  if (typeof value !== 'string' || !ESCAPED.includes(name)) return value;
  return value.replace(/[$%](?=\{)/g, (mark) => mark + mark);
}
