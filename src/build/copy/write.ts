import { createHash, hash as hashOf } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  symlinkSync,
  write,
} from 'node:fs';
import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { LayerStream } from '../../layer/layer-stream.ts';
import type { TarEntry } from '../../layer/tar-entry.ts';
import { finish, type Digest } from '../../oci/digest.ts';
import { UnwritableLayerError } from '../../snapshot/errors.ts';
import { PATH_LIMIT } from '../../snapshot/names.ts';
import { openAt } from '../../sys/at.ts';
import { deviceParts, makeNode } from '../../sys/node.ts';
import { setTimes } from '../../sys/times.ts';
import { writeAll } from '../../sys/write-all.ts';
import { setXattr } from '../../sys/xattr.ts';
import { ContextChangedError } from '../errors.ts';
import type { Plan, PlannedDirectory, PlannedFile, PlannedNode } from './plan.ts';
import { joinPath, type Source, type TreeEntry } from './tree.ts';
import { fchown, lchown } from '../../sys/owner.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_DIRECTORY } = constants;
const CREATE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
/** Most files fit, and are read and written at once. */
const SMALL = 256 * 1024;
const CHUNK = 1024 * 1024;
const SLASH = Buffer.from('/');

/**
 * Writes a plan into an empty directory that nobody else can see, in tar order, and feeds the
 * layer's stream on the way: every byte of a source is read once here. Without a stream it
 * only writes. Throws ContextChangedError when a source is not what its entry says.
 */
export async function writePlan(
  plan: Plan,
  into: string,
  stream: LayerStream | undefined,
  call: CallOptions = {},
): Promise<void> {
  await new PlanWriter(plan, stream, call).directory(
    plan.root,
    openSync(into, O_RDONLY | O_DIRECTORY),
    Buffer.alloc(0),
  );
}

class PlanWriter {
  readonly #plan: Plan;
  readonly #stream: LayerStream | undefined;
  readonly #call: CallOptions;
  readonly #breathe = breather();
  /** First names of files with several, in the layer. */
  readonly #written = new Map<string, { readonly file: Buffer; readonly path: Buffer }>();
  /** What a new file has without being asked. */
  readonly #uid = process.geteuid?.();
  readonly #gid = process.getegid?.();
  #small: Buffer | undefined;
  #chunks: readonly [Buffer, Buffer] | undefined;
  #root: Buffer | undefined;

  constructor(plan: Plan, stream: LayerStream | undefined, call: CallOptions) {
    this.#plan = plan;
    this.#stream = stream;
    this.#call = call;
  }

  /** Writes what is in a directory that is open as `fd`, and closes it. */
  async directory(node: PlannedDirectory, fd: number, path: Buffer): Promise<void> {
    const here = Buffer.from(`/proc/self/fd/${fd}/`);
    this.#root ??= here;
    try {
      this.#plan.expand(node, joinPath(SLASH, path));
      for (const key of [...node.children.keys()].sort()) {
        this.#call.signal?.throwIfAborted();
        const child = node.children.get(key)!;
        const name = Buffer.from(key, 'latin1');
        const place = path.length === 0 ? name : joinPath(path, name);
        if (place.length > PATH_LIMIT)
          throw new UnwritableLayerError(place, 'its path is too long');
        if (child.kind === 'file') {
          const large = this.#file(child, fd, here, name, place);
          if (large) await large;
        } else {
          const file = Buffer.concat([here, name]);
          if (child.kind === 'directory') {
            this.#stream?.entry(entryFor(child, place));
            mkdirSync(file, 0o700);
            const inside = openAt(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
            await this.directory(child, inside, place);
          } else {
            this.#special(child, file, place);
          }
          this.#settle(child, file);
        }
        const rest = this.#breathe();
        if (rest) await rest;
      }
      // Memory holds what is being written, not all that was.
      node.children.clear();
    } finally {
      closeSync(fd);
    }
  }

  #special(
    node: Exclude<PlannedNode, PlannedDirectory | PlannedFile>,
    file: Buffer,
    place: Buffer,
  ): void {
    if (node.kind === 'symlink') {
      const target = node.target ?? Buffer.alloc(0);
      this.#stream?.entry(entryFor(node, place, { linkTarget: target }));
      symlinkSync(target, file);
      return;
    }
    const device = deviceParts(node.rdev ?? 0n);
    this.#stream?.entry(entryFor(node, place, node.kind === 'fifo' ? {} : { device }));
    makeNode(file, node.kind, 0o600, device.major, device.minor);
  }

  /** Returns a promise for files that take long only. */
  #file(
    node: PlannedFile,
    fd: number,
    here: Buffer,
    name: Buffer,
    place: Buffer,
  ): Promise<void> | undefined {
    if (node.inode !== undefined) {
      const first = this.#written.get(node.inode);
      if (first) {
        linkSync(first.file, Buffer.concat([here, name]));
        this.#stream?.entry(entryFor(node, place, { linkTarget: first.path }));
        return undefined;
      }
      this.#written.set(node.inode, { file: Buffer.concat([this.#root!, place]), path: place });
    }
    const out = openAt(fd, name, CREATE, 0o600);
    let large: Promise<void> | undefined;
    try {
      if (Buffer.isBuffer(node.from)) {
        this.#begin(node, place, node.from.length);
        if (node.from.length > 0) this.#give(out, node.from);
      } else {
        const { source, entry } = node.from;
        if (entry.stat.size > SMALL) {
          large = this.#large(node, source, entry, out, place);
          return large
            .then(() => this.#finish(node, out, here, name))
            .finally(() => closeSync(out));
        }
        this.#copy(node, source, entry, out, place);
      }
      this.#finish(node, out, here, name);
    } finally {
      if (!large) closeSync(out);
    }
    return undefined;
  }

  #begin(node: PlannedFile, place: Buffer, size: number, digest?: Digest): void {
    this.#stream?.entry(entryFor(node, place, { size }), digest === undefined ? {} : { digest });
  }

  #give(out: number, bytes: Buffer): void {
    writeAll(out, bytes);
    this.#stream?.content(bytes);
  }

  /** Owner before mode: changing the owner clears setuid. Times last. */
  #settle(node: PlannedNode, file: Buffer): void {
    if (!this.#isOwn(node)) lchown(file, node.uid, node.gid);
    if (node.kind !== 'symlink') chmodSync(file, node.mode);
    for (const [name, value] of node.xattrs) setXattr(file, name, value);
    setTimes(file, node.mtime);
  }

  /** The same of an open file, for less. */
  #finish(node: PlannedFile, out: number, here: Buffer, name: Buffer): void {
    if (!this.#isOwn(node)) fchown(out, node.uid, node.gid);
    fchmodSync(out, node.mode);
    for (const [key, value] of node.xattrs) setXattr(Buffer.concat([here, name]), key, value);
    setTimes(out, node.mtime);
  }

  #isOwn({ uid, gid }: PlannedNode): boolean {
    return uid === this.#uid && gid === this.#gid;
  }

  #copy(node: PlannedFile, source: Source, entry: TreeEntry, out: number, place: Buffer): void {
    const size = Number(entry.stat.size);
    const digest = source.contentDigest(entry);
    this.#begin(node, place, size, digest);
    const fd = source.open(entry);
    try {
      if (size > 0) {
        const buffer = (this.#small ??= Buffer.allocUnsafeSlow(SMALL));
        const count = readSync(fd, buffer, 0, size, null);
        if (count !== size) throw new ContextChangedError(entry.path);
        const bytes = buffer.subarray(0, size);
        if (source.isFresh?.(entry) === true) expectContent(entry, digest, digestOfBytes(bytes));
        this.#give(out, bytes);
      }
      source.check?.(entry, fd);
    } finally {
      closeSync(fd);
    }
  }

  /** One piece is written while it is hashed, and the next one is read. */
  async #large(
    node: PlannedFile,
    source: Source,
    entry: TreeEntry,
    out: number,
    place: Buffer,
  ): Promise<void> {
    const digest = source.contentDigest(entry);
    const hash = source.isFresh?.(entry) === true ? createHash('sha256') : undefined;
    const chunks = (this.#chunks ??= [
      Buffer.allocUnsafeSlow(CHUNK),
      Buffer.allocUnsafeSlow(CHUNK),
    ]);
    this.#begin(node, place, Number(entry.stat.size), digest);
    const fd = source.open(entry);
    let writing: Promise<void> = Promise.resolve();
    try {
      let which = 0;
      for (let left = Number(entry.stat.size); left > 0;) {
        this.#call.signal?.throwIfAborted();
        const chunk = chunks[which]!;
        which = 1 - which;
        const count = readSync(fd, chunk, 0, Math.min(chunk.length, left), null);
        if (count === 0) throw new ContextChangedError(entry.path);
        const bytes = chunk.subarray(0, count);
        await writing;
        writing = writeAside(out, bytes);
        this.#stream?.content(bytes);
        hash?.update(bytes);
        left -= count;
      }
      await writing;
      if (hash) expectContent(entry, digest, finish(hash));
      source.check?.(entry, fd);
    } finally {
      await writing.catch(() => undefined);
      closeSync(fd);
    }
  }
}

function digestOfBytes(bytes: Uint8Array): Digest {
  return `sha256:${hashOf('sha256', bytes, 'hex')}` as Digest;
}

function expectContent({ path }: TreeEntry, expected: Digest, actual: Digest): void {
  if (actual !== expected) throw new ContextChangedError(path);
}

/** Writes all of `bytes` without keeping this thread. Nothing may change them until it is done. */
function writeAside(fd: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const from = (done: number): void =>
      write(fd, bytes, done, bytes.length - done, null, (error, count) => {
        if (error) reject(error);
        else if (done + count < bytes.length) from(done + count);
        else resolve();
      });
    from(0);
  });
}

function entryFor(
  node: PlannedNode,
  path: Buffer,
  more: { linkTarget?: Buffer; device?: { major: number; minor: number }; size?: number } = {},
): TarEntry {
  const hardlink = node.kind === 'file' && more.linkTarget !== undefined;
  return {
    path,
    type: hardlink ? 'hardlink' : node.kind,
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    size: more.size ?? 0,
    mtime: node.mtime,
    ...(more.linkTarget && { linkTarget: more.linkTarget }),
    ...(more.device && { device: more.device }),
    xattrs: node.xattrs,
  };
}
