import { rfc3339Nano } from '../../base/clock.ts';
import { mkdirSync, linkSync, symlinkSync, chmodSync } from 'node:fs';
import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { chainId, digestOf, type DiffId } from '../../oci/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import { encodeConfig } from '../../oci/write-json.ts';
import { copyUp } from '../../snapshot/copy-up.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { StackEntry, StackView } from '../../snapshot/stack-view.ts';
import type { Lease } from '../../store/store.ts';
import { deviceParts, makeNode } from '../../sys/node.ts';
import { setTimes } from '../../sys/times.ts';
import { setXattr } from '../../sys/xattr.ts';
import { travelling } from '../copy/stack-source.ts';
import { joinPath } from '../copy/tree.ts';
import type { BuiltImage } from './compose.ts';
import { lchown } from '../../sys/owner.ts';

/** What squashing works with. */
export interface SquashParts {
  readonly snapshotter: Snapshotter;
  readonly lease: () => Lease;
  /** Milliseconds since the epoch: when the new layer is made. */
  readonly now: number;
}

/**
 * Everything above the first `keep` layers of an image as one layer. The history stays, of
 * steps without a layer now, and a last entry says what happened.
 */
export async function squashed(
  image: BuiltImage,
  keep: number,
  parts: SquashParts,
  call: CallOptions,
): Promise<BuiltImage> {
  const { snapshotter } = parts;
  const { layers } = image.solved;
  if (layers.length <= keep) return image;
  const base = layers.slice(0, keep);
  using task = reporter(call.progress).begin('squashing layers', { kind: 'internal' });
  const lease = parts.lease();
  for (const layer of layers) lease.hold('layer', layer);
  await using draft = snapshotter.draft(lease);
  await writeDifference(
    { view: snapshotter.view(layers), fresh: new Set(layers.slice(keep)) },
    snapshotter.view(base),
    Buffer.from(draft.fs),
    call,
  );
  const { diffId } = await snapshotter.seal(draft, call);
  const below = base.length === 0 ? undefined : chainId(base);
  const chain = snapshotter.name(diffId, below, { instruction: 'squash' });
  task.outcome = 'done';
  const solved = { chain, layers: [...base, diffId], createdAt: parts.now };
  return { ...image, solved, config: configOf(image, base, diffId, parts.now) };
}

function configOf(
  { config, base: from }: BuiltImage,
  base: readonly DiffId[],
  layer: DiffId,
  now: number,
): ImageConfig {
  const id = digestOf(encodeConfig(config));
  const created = rfc3339Nano(new Date(now));
  let seen = 0;
  const history = (config.history ?? []).map((entry) => {
    if (entry.empty_layer === true || seen++ < base.length) return entry;
    return { ...entry, empty_layer: true };
  });
  const comment =
    from && base.length > 0 ? `merge ${id} to ${from.digest}` : `create new from ${id}`;
  return {
    ...config,
    created,
    rootfs: { type: 'layers', diff_ids: [...base, layer] },
    history: [...history, { created, comment }],
  };
}

interface Above {
  readonly view: StackView;
  /** The layers that become one. */
  readonly fresh: ReadonlySet<DiffId>;
}

/** Writes what the new layers changed into an empty layer directory, depth first. */
async function writeDifference(
  above: Above,
  below: StackView,
  into: Buffer,
  call: CallOptions,
): Promise<void> {
  const breathe = breather();
  const links = new Map<string, Buffer>();
  const walk = async (
    directory: StackEntry,
    old: StackEntry | undefined,
    to: Buffer,
  ): Promise<boolean> => {
    const before = new Map(
      old?.kind === 'directory'
        ? below.list(old).map((entry) => [nameOf(entry).toString('latin1'), entry])
        : [],
    );
    let made = false;
    // Only where something lies in it.
    const open = (): void => {
      if (!made) mkdirSync(to, { recursive: true });
      made = true;
    };
    for (const entry of above.view.list(directory)) {
      call.signal?.throwIfAborted();
      const name = nameOf(entry);
      const was = before.get(name.toString('latin1'));
      before.delete(name.toString('latin1'));
      const place = joinPath(to, name);
      if (entry.kind === 'directory') {
        const isNew = above.fresh.has(entry.layer) || was?.kind !== 'directory';
        if (isNew) {
          open();
          mkdirSync(place);
        }
        if ((await walk(entry, was, place)) || isNew) {
          open();
          dress(entry, place);
        }
      } else if (above.fresh.has(entry.layer)) {
        open();
        leaf(above.view, entry, place, links);
      }
      await breathe();
    }
    for (const name of before.keys()) {
      open();
      // Deleted: what overlayfs keeps of it.
      makeNode(joinPath(to, Buffer.from(name, 'latin1')), 'char', 0, 0, 0);
    }
    return made;
  };
  const root = above.view.find('/');
  if (root) await walk(root, below.find('/'), into);
}

function nameOf({ path }: StackEntry): Buffer {
  return path.subarray(path.lastIndexOf(0x2f) + 1);
}

function leaf(view: StackView, entry: StackEntry, to: Buffer, links: Map<string, Buffer>): void {
  switch (entry.kind) {
    case 'file': {
      const identity = `${entry.stat.dev}:${entry.stat.ino}`;
      const first = entry.stat.nlink > 1n ? links.get(identity) : undefined;
      if (first) {
        linkSync(first, to);
        return;
      }
      links.set(identity, to);
      copyUp(entry, to);
      return;
    }
    case 'symlink':
      symlinkSync(view.readlink(entry), to);
      break;
    case 'fifo':
    case 'char':
    case 'block': {
      const { major, minor } = deviceParts(entry.stat.rdev);
      makeNode(to, entry.kind, 0o600, major, minor);
      break;
    }
    default:
      return;
  }
  dress(entry, to);
}

function dress(entry: StackEntry, to: Buffer): void {
  const { stat, kind } = entry;
  lchown(to, Number(stat.uid), Number(stat.gid));
  if (kind !== 'symlink') chmodSync(to, Number(stat.mode) & 0o7777);
  for (const [name, value] of travelling(entry)) setXattr(to, name, value);
  setTimes(to, stat.mtimeNs);
}
