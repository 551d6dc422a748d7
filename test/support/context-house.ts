import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { encodeHeader, padding, TRAILER } from '../../src/layer/tar-writer.ts';
import type { BuildRequest } from '../../src/engine/build-types.ts';
import { openEngine } from '../../src/engine/open-engine.ts';

/** What was built, and the names in its last layer, as `mode uid/gid name`. */
export interface BuiltFiles {
  readonly id: string;
  readonly layers: number;
  readonly cached: number;
  readonly files: string[];
  readonly created?: string;
}

/** A folder with a store, and a way to build in it, gone with the test. */
export interface House {
  readonly path: (relative: string) => string;
  readonly write: (path: string, text: string) => void;
  readonly build: (request: BuildRequest) => Promise<BuiltFiles>;
  /** What lies in the store that a failed build should not leave. */
  readonly litter: () => string[];
}

/** Makes a {@link House}. */
export function house(t: TestContext): House {
  const directory = mkdtempSync(join(tmpdir(), 'build-context-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = (relative: string): string => join(directory, relative);
  return {
    path,
    write(relative, text) {
      mkdirSync(dirname(path(relative)), { recursive: true });
      writeFileSync(path(relative), text);
    },
    async build(request) {
      await using engine = await openEngine({ root: path('store') });
      const { id, cached } = await engine.build({ network: 'none', ...request });
      const archive = path('out.tar');
      writeFileSync(archive, '');
      const chunks: Uint8Array[] = [];
      for await (const chunk of await engine.images.save([id])) chunks.push(chunk);
      writeFileSync(archive, Buffer.concat(chunks));
      return { id, cached, ...listing(archive, path('unpacked')) };
    },
    litter: () =>
      ['tmp', 'leases', 'ingest']
        .flatMap((name) => readdirSync(path(`store/${name}`)))
        .filter((name) => !name.startsWith('.')),
  };
}

/** Names in the last layer of a saved image. */
function listing(archive: string, into: string): Omit<BuiltFiles, 'id' | 'cached'> {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into);
  execFileSync('tar', ['-xf', archive, '-C', into]);
  const [{ Layers, Config }] = JSON.parse(
    execFileSync('cat', [join(into, 'manifest.json')], { encoding: 'utf8' }),
  ) as [{ Layers: string[]; Config: string }];
  const last = Layers.at(-1);
  const files =
    last === undefined
      ? []
      : execFileSync('tar', ['--numeric-owner', '-tvf', join(into, last)], { encoding: 'utf8' })
          .trim()
          .split('\n')
          .map((line) => line.split(/\s+/))
          .map(([mode, owner, , , , name]) => `${mode} ${owner} ${name}`);
  const config = execFileSync('cat', [join(into, Config)], { encoding: 'utf8' });
  const { created } = JSON.parse(config) as { created?: string };
  return { files, layers: Layers.length, ...(created !== undefined && { created }) };
}

/** A file, or a link, of an archive. */
export interface Member {
  readonly path: string;
  readonly text?: string;
  readonly link?: string;
  readonly mode?: number;
}

/** An archive whose members belong to somebody. */
export function tarOf(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ path, text = '', link, mode = 0o644 }) => {
    const size = Buffer.byteLength(text);
    const header = encodeHeader({
      path: Buffer.from(path),
      type: link === undefined ? 'file' : 'symlink',
      size,
      mode,
      uid: 1234,
      gid: 5678,
      mtime: 0n,
      xattrs: new Map(),
      ...(link !== undefined && { linkTarget: Buffer.from(link) }),
    });
    return [header, Buffer.from(text), padding(size)];
  });
  return Buffer.concat([...parts, TRAILER]);
}
