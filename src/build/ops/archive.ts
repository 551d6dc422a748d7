import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, readSync } from 'node:fs';
import type { CallOptions } from '../../base/progress.ts';
import { decompressed } from '../../layer/compression.ts';
import { looksLikeTar } from '../../layer/tar-sniff.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { unpackTree } from '../../snapshot/unpack-tree.ts';
import { externalDecompressor } from '../../sys/helper.ts';
import { finish } from '../../oci/digest.ts';
import { ContextChangedError } from '../errors.ts';
import { privateSource } from '../copy/stack-source.ts';
import type { Selected } from '../copy/select.ts';
import type { Source, TreeEntry } from '../copy/tree.ts';

const CHUNK = 1024 * 1024;
const BLOCK = 512;

/**
 * ADD decides by content: a tar, plain or compressed, is unpacked into `scratch` and becomes a
 * source of its own; anything else is left alone (undefined). The name plays no part. `place` is
 * where it goes.
 */
export async function unpackIfArchive(
  source: Source,
  entry: TreeEntry,
  scratch: string,
  place: {
    readonly view: StackView;
    readonly path: Buffer;
    /** Of the members, whatever the archive says. */
    readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  },
  call: CallOptions,
): Promise<{ source: Source; root: Selected } | undefined> {
  if (entry.stat.size === 0n) return undefined;
  const head = await peek(source, entry);
  if (!head || !looksLikeTar(head)) return undefined;
  mkdirSync(scratch, { mode: 0o755 });
  const { bytes } = await decompressed(content(source, entry), { external: externalDecompressor });
  const name = JSON.stringify(entry.path.toString().slice(1));
  await unpackTree(bytes, scratch, {
    owners: place.owner ?? true,
    name,
    below: at(place),
    ...call,
  });
  const unpacked = privateSource(scratch, { owners: true });
  return { source: unpacked, root: { entry: unpacked.tree.find('/')!, name: Buffer.alloc(0) } };
}

/** A stack seen from one of its directories, as a process sees it whose root that is. */
function at({ view, path }: Parameters<typeof unpackIfArchive>[3]): Pick<StackView, 'find'> {
  const root = path.length === 1 ? Buffer.alloc(0) : path;
  return {
    find(name, options) {
      const whole = Buffer.concat([root, Buffer.from(name)]);
      const entry = view.find(whole, options);
      if (entry?.path.equals(whole) !== true) return undefined;
      return { ...entry, path: Buffer.from(name) };
    },
  };
}

/** The first block once decompressed; undefined for what is too short or no valid stream. */
async function peek(source: Source, entry: TreeEntry): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const { bytes } = await decompressed(content(source, entry), {
      external: externalDecompressor,
    });
    for await (const chunk of bytes) {
      parts.push(chunk);
      size += chunk.length;
      if (size >= BLOCK) break;
    }
  } catch {
    // A damaged stream is not an archive; as a plain file it can be copied.
    return undefined;
  }
  return size >= BLOCK ? Buffer.concat(parts).subarray(0, BLOCK) : undefined;
}

async function* content(source: Source, entry: TreeEntry): AsyncGenerator<Uint8Array, void> {
  const hash = source.isFresh?.(entry) === true ? createHash('sha256') : undefined;
  const fd = source.open(entry);
  try {
    for (let left = Number(entry.stat.size); left > 0;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, left));
      const count = readSync(fd, chunk, 0, chunk.length, null);
      if (count === 0) break;
      left -= count;
      hash?.update(chunk.subarray(0, count));
      yield chunk.subarray(0, count);
    }
    source.check?.(entry, fd);
    if (hash && finish(hash) !== source.contentDigest(entry)) {
      throw new ContextChangedError(entry.path);
    }
  } finally {
    closeSync(fd);
  }
}
