import { resolve } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import { count, duration, object, patterns, refuseOthers } from '../maintenance/rules.ts';
import { isRepositoryName } from '../names.ts';
import { type MirrorSettings, type UpstreamSettings, upstreamPlace } from './settings.ts';
import type { SyncSettings } from './sync-settings.ts';

/** What a document says of mirrors and jobs. */
export interface MirrorDocument {
  readonly mirrors: readonly MirrorSettings[];
  readonly sync: readonly SyncSettings[];
}

type Fields = Readonly<Record<string, unknown>>;

const UPSTREAM = ['upstream', 'user', 'password-file', 'auth-file', 'ca', 'insecure'];
const MIRROR = [...UPSTREAM, 'prefix', 'stands-for', 'tag-life', 'missing-life', 'stale-life'];
const SYNC = [
  ...UPSTREAM,
  'repositories',
  'to',
  'tags',
  'except',
  'newest',
  'remove',
  'referrers',
  'every',
];

/**
 * Mirrors and jobs from a parsed document: `{ "mirrors": [{ "prefix": "hub", "upstream":
 * "docker.io" }], "sync": [{ "upstream": "docker.io", "repositories": ["library/alpine"] }] }`.
 * Files in it are meant from `folder`. Throws InvalidInputError, which names the place.
 */
export function readMirrors(document: unknown, folder: string): MirrorDocument {
  const fields = object(document, 'the document');
  refuseOthers(fields, 'the document', ['mirrors', 'sync']);
  const listed = (key: string): readonly unknown[] => {
    const value = fields[key] ?? [];
    if (Array.isArray(value)) return value;
    throw new InvalidInputError(`"${key}" is not a list`);
  };
  return {
    mirrors: listed('mirrors').map((one, at) =>
      readMirror(one, `entry ${at + 1} of "mirrors"`, folder),
    ),
    sync: listed('sync').map((one, at) => readSync(one, `entry ${at + 1} of "sync"`, folder)),
  };
}

function readMirror(value: unknown, where: string, folder: string): MirrorSettings {
  const fields = object(value, where);
  refuseOthers(fields, where, MIRROR);
  return {
    ...readUpstream(fields, where, folder),
    prefix: prefixIn(fields, 'prefix', where),
    standsFor:
      fields['stands-for'] === undefined
        ? undefined
        : patterns(fields['stands-for'], `"stands-for" in ${where}`),
    tagLife: time(fields, 'tag-life', where),
    missingLife: time(fields, 'missing-life', where),
    staleLife: time(fields, 'stale-life', where),
  };
}

function readSync(value: unknown, where: string, folder: string): SyncSettings {
  const fields = object(value, where);
  refuseOthers(fields, where, SYNC);
  const list = (key: string): string[] | undefined =>
    fields[key] === undefined ? undefined : patterns(fields[key], `"${key}" in ${where}`);
  const repositories = list('repositories') ?? [];
  if (repositories.length === 0) throw new InvalidInputError(`${where} has no "repositories"`);
  return {
    ...readUpstream(fields, where, folder),
    repositories,
    to: prefixIn(fields, 'to', where),
    tags: list('tags'),
    except: list('except'),
    newest:
      fields['newest'] === undefined ? undefined : count(fields['newest'], `"newest" in ${where}`),
    remove: toggle(fields, 'remove', where),
    referrers: toggle(fields, 'referrers', where),
    every: fields['every'] === 0 ? 0 : time(fields, 'every', where),
  };
}

function readUpstream(fields: Fields, where: string, folder: string): UpstreamSettings {
  const path = (key: string): string | undefined => {
    const value = text(fields, key, where);
    return value === undefined ? undefined : resolve(folder, value);
  };
  const upstream = text(fields, 'upstream', where);
  if (upstream === undefined) throw new InvalidInputError(`${where} has no "upstream"`);
  upstreamPlace(upstream);
  const [user, passwordFile] = [text(fields, 'user', where), path('password-file')];
  if ((user === undefined) !== (passwordFile === undefined)) {
    throw new InvalidInputError(`"user" and "password-file" belong together in ${where}`);
  }
  return {
    upstream,
    user,
    passwordFile,
    authFile: path('auth-file'),
    ca: path('ca'),
    insecure: toggle(fields, 'insecure', where),
  };
}

/** Nothing for everything, or for the names as they are. */
function prefixIn(fields: Fields, key: string, where: string): string {
  const value = text(fields, key, where) ?? '';
  if (value === '' || isRepositoryName(value)) return value;
  throw new InvalidInputError(`"${key}" in ${where} is no name of a repository`);
}

function text(fields: Fields, key: string, where: string): string | undefined {
  const value = fields[key];
  if (value === undefined || typeof value === 'string') return value;
  throw new InvalidInputError(`"${key}" in ${where} is not a text`);
}

function toggle(fields: Fields, key: string, where: string): boolean | undefined {
  const value = fields[key];
  if (value === undefined || typeof value === 'boolean') return value;
  throw new InvalidInputError(`"${key}" in ${where} is neither true nor false`);
}

function time(fields: Fields, key: string, where: string): number | undefined {
  const value = fields[key];
  return value === undefined ? undefined : duration(value, `"${key}" in ${where}`);
}
