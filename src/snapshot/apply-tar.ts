import { createHash, type Hash } from 'node:crypto';
import type { Bytes } from '../base/bytes.ts';
import { breather } from '../base/limit.ts';
import { reporter } from '../base/reporter.ts';
import { FileTableWriter } from '../layer/file-table-io.ts';
import { readTar } from '../layer/tar-reader.ts';
import { type DiffId, finish } from '../oci/digest.ts';
import type { Draft } from './drafts.ts';
import type { ApplyOptions, SealedLayer } from './snapshotter.ts';
import type { StackView } from './stack-view.ts';
import { Unpacker } from './unpack.ts';
import { stackView, type ViewLayer } from './view.ts';

/**
 * Unpacks an uncompressed layer tar into a draft and writes its file table, hashing on the
 * way. `locate` finds the layers below when the tar needs them.
 */
export async function applyTar(
  draft: Draft,
  tar: Bytes,
  options: ApplyOptions,
  locate: (layer: DiffId) => ViewLayer,
): Promise<SealedLayer> {
  const tap: Tap = { hash: createHash('sha256'), size: 0 };
  const dropped = new Set<string>();
  let view: StackView | undefined;
  const below = (): StackView | undefined => {
    if (options.below) view ??= stackView(options.below.map(locate));
    return view;
  };
  using table = new FileTableWriter(draft.files);
  using unpacker = new Unpacker(draft.fs, table, below, (name) => dropped.add(name));
  const pause = breather();
  const { sourceBytes } = options;
  const limits = sourceBytes === undefined ? {} : { sourceBytes };
  for await (const { entry, body } of readTar(tapped(tar, tap), limits)) {
    options.signal?.throwIfAborted();
    await unpacker.member(entry, body);
    const rest = pause();
    if (rest) await rest;
  }
  const figures = unpacker.finish();
  table.close();
  for (const name of dropped) {
    reporter(options.progress).warn({
      code: 'XATTR_DROPPED',
      message: `the store's file system cannot hold ${JSON.stringify(name)}; the attribute was left out`,
    });
  }
  return { diffId: finish(tap.hash) as string as DiffId, size: tap.size, ...figures };
}

interface Tap {
  readonly hash: Hash;
  size: number;
}

async function* tapped(tar: Bytes, tap: Tap): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of tar) {
    tap.hash.update(chunk);
    tap.size += chunk.length;
    yield chunk;
  }
}
