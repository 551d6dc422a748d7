import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from '../../src/build/frontend/frontend.ts';
import type { BaseImage } from '../../src/build/frontend/frontend-types.ts';
import { lintWatcher } from '../../src/build/frontend/lint.ts';
import type { NamedContext } from '../../src/build/frontend/named-context.ts';
import type { Op, Vertex } from '../../src/build/graph.ts';
import { BaseNotFoundError } from '../../src/build/errors.ts';
import { dumpAst } from '../../src/dockerfile/dump.ts';
import { DockerfileError } from '../../src/dockerfile/errors.ts';
import { parseIgnore } from '../../src/dockerfile/ignore.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import type { ContainerConfig } from '../../src/oci/image-config.ts';
import { parsePlatform, type Platform } from '../../src/oci/platform.ts';
import { type Entry, readEntries } from './entries.ts';

/*
 * Entries of dockerfile/*.txt hold a Dockerfile and any of these parts:
 *   given:  ast the dump     error `line: message`     hint     warnings `line Rule`, one a line
 *           config JSON, members of the image's defaults     env     history, one a line
 *           steps JSON, one operation a line, members of it     unused build arguments
 *   wanted: args K=V, one a line     target     platform     base JSON, defaults of the image `base`
 *           ignore     contexts name=directory or name=docker-image://x, one a line     check
 */
const OWN: Platform = { os: 'linux', architecture: 'amd64' };

/** What an entry's Dockerfile comes to. */
interface Outcome {
  error?: DockerfileError;
  warnings: readonly string[];
  config: ContainerConfig & { readonly author?: unknown };
  env: readonly string[];
  history: readonly string[];
  ops: readonly Op[];
  unused: readonly string[];
}

function lines(text: string | undefined): string[] {
  return (text ?? '').split('\n').filter((line) => line !== '');
}

function pairs(text: string | undefined): Map<string, string> {
  return new Map(
    lines(text).map((line) => [
      line.slice(0, line.indexOf('=')),
      line.slice(line.indexOf('=') + 1),
    ]),
  );
}

function contexts(text: string | undefined): Map<string, NamedContext> {
  return new Map(
    [...pairs(text)].map(([name, value]): [string, NamedContext] => {
      const reference = /^docker-image:\/\/(.*)$/.exec(value)?.[1];
      return [
        name,
        reference === undefined ? { kind: 'directory', path: value } : { kind: 'image', reference },
      ];
    }),
  );
}

function baseImage(name: string, parts: Entry['parts']): BaseImage {
  if (name !== 'base' && !name.startsWith('base:'))
    throw new BaseNotFoundError(`${name}: not found`);
  const config = JSON.parse(parts.get('base') ?? '{"Env":["PATH=/bin"]}') as ContainerConfig;
  const rootfs = { type: 'layers' as const, diff_ids: [] };
  return {
    name,
    manifest: `digest of ${name}`,
    layers: [],
    config: { ...OWN, config, rootfs },
    platform: OWN,
  };
}

/** From the bottom to the top. */
function chain(top: Vertex | undefined): Op[] {
  const ops: Op[] = [];
  for (let vertex = top; vertex; vertex = vertex.base) ops.unshift(vertex.op);
  return ops;
}

function outcome({ text, parts }: Entry): Outcome {
  const nothing = { config: {}, env: [], history: [], ops: [], unused: [] };
  const shown = (found: readonly { ruleName: string; span: { start: { line: number } } }[]) =>
    found.map(({ ruleName, span }) => `${span.start.line} ${ruleName}`);
  let found: readonly string[] = [];
  try {
    const check = parts.get('check');
    const file = parseDockerfile(text, 'Dockerfile', check === undefined ? {} : { check });
    const ignore = parts.get('ignore');
    const lint = lintWatcher(file, () => (ignore === undefined ? undefined : parseIgnore(ignore)));
    const platform = parts.get('platform');
    try {
      const { stage, unusedArgs } = evaluate(file, {
        args: pairs(parts.get('args')),
        target: parts.get('target'),
        contexts: contexts(parts.get('contexts')),
        platform: platform === undefined ? OWN : parsePlatform(platform, OWN),
        buildPlatform: OWN,
        origin: 'corpus',
        network: 'default',
        extraHosts: [],
        shmSize: undefined,
        uncached: () => false,
        resolve: (name) => baseImage(name, parts),
        watch: lint,
      });
      return {
        warnings: shown(lint.findings('evaluated')),
        config: { ...stage.config, author: stage.document.author },
        env: stage.scope.imageEnv(),
        history: stage.history
          .filter((one) => !one.inherited)
          .map(({ entry }) => entry.created_by ?? ''),
        ops: chain(stage.vertex),
        unused: unusedArgs,
      };
    } finally {
      found = shown(lint.findings('evaluated'));
    }
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    return { ...nothing, error, warnings: found.length > 0 ? found : shown(error.warnings) };
  }
}

/** The members of `value` that `wanted` has. */
function membersOf(value: unknown, wanted: unknown): unknown {
  if (Array.isArray(wanted) && Array.isArray(value) && wanted.length === value.length) {
    return value.map((item, index) => membersOf(item, wanted[index]));
  }
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return plain(value);
  const record = (value ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(wanted).map(([key, inner]) => [
      key,
      Object.hasOwn(record, key) ? membersOf(record[key], inner) : 'absent',
    ]),
  );
}

function plain(value: unknown): unknown {
  return value === undefined ? 'absent' : (JSON.parse(JSON.stringify(value)) as unknown);
}

const KNOWN =
  'ast error hint warnings config env history steps unused args target platform base ignore contexts check';

const ENTRIES = readEntries(new URL('dockerfile/', import.meta.url));

for (const entry of ENTRIES) {
  test(entry.name, () => {
    const { text, parts } = entry;
    for (const part of parts.keys()) assert.ok(KNOWN.split(' ').includes(part), `part ${part}`);
    if (parts.has('ast')) assert.equal(dumpAst(text), parts.get('ast'));
    const done = outcome(entry);
    const { error } = done;
    const told = error && `${error.span?.start.line ?? '-'}: ${error.message}`;
    assert.equal(told, parts.get('error'));
    if (parts.has('hint')) assert.equal(error?.hint, parts.get('hint'));
    if (parts.has('warnings') || !error)
      assert.deepEqual(done.warnings, lines(parts.get('warnings')));
    if (error) return;
    const { config } = done;
    if (parts.has('config')) {
      const wanted = JSON.parse(parts.get('config') ?? '') as unknown;
      assert.deepEqual(membersOf(config, wanted), wanted);
    }
    if (parts.has('env')) assert.deepEqual(done.env, lines(parts.get('env')));
    if (parts.has('history')) assert.equal(done.history.join('\n'), parts.get('history'));
    if (parts.has('unused')) assert.deepEqual(done.unused, lines(parts.get('unused')));
    if (parts.has('steps')) {
      const wanted = lines(parts.get('steps')).map((line) => JSON.parse(line) as unknown);
      const ops = done.ops.filter(({ kind }) => kind !== 'image');
      assert.deepEqual(
        ops.map((op, index) => membersOf(op, wanted[index])),
        wanted,
      );
    }
  });
}

test('the corpus has not shrunk', () => {
  assert.ok(ENTRIES.length >= 300, String(ENTRIES.length));
  assert.equal(new Set(ENTRIES.map(({ name }) => name)).size, ENTRIES.length, 'names are unique');
});
