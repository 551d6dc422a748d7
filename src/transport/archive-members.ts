import { type Bytes, collect } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import { sniff } from '../layer/compression.ts';
import { shownName } from '../layer/errors.ts';
import type { TarEntry } from '../layer/tar-entry.ts';
import { readTar } from '../layer/tar-reader.ts';
import { looksLikeTar } from '../layer/tar-sniff.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import { parseIndex } from '../oci/parse-manifest.ts';
import { ARCHIVE_LIMITS, inside, memberName, parentOf } from './archive-names.ts';
import { DELTA } from './docker-archive-destination.ts';
import { InvalidArchiveError } from './errors.ts';
import type { LayerIntake, TakenLayer } from './layer-intake.ts';
import { fileSystemArchive, notATar, withoutImages } from './not-an-archive.ts';
import { peek } from './peek.ts';
import { plainArchive } from './plain.ts';

/** What is known of one file of an archive once the stream has gone by. */
export type Member =
  /** Small enough to be held: documents, and layers that are not worth a blob yet. */
  | { readonly kind: 'held'; readonly data: Buffer }
  /** A layer, stored and unpacked as it went by. */
  | { readonly kind: 'layer'; readonly layer: TakenLayer }
  /** A layer that the store had already. */
  | { readonly kind: 'known'; readonly blob: Descriptor }
  /** Neither a layer nor a document, so no part of an image. */
  | { readonly kind: 'other'; readonly what: string };

/** Layers up to this size are held until it is known whether an image has them. */
const HELD_LAYER_LIMIT = 64 * 1024;
/** All that is held, in bytes. */
const HELD_LIMIT = 64 * 1024 * 1024;
const SNIFF_LENGTH = 512;
const LINK_LIMIT = 20;

/** The files that say what images an archive holds. Two of a name would be two answers. */
const CONTROL_FILES: ReadonlySet<string> = new Set([
  'manifest.json',
  'index.json',
  'repositories',
  'oci-layout',
]);

/** Where every root file system has directories, and no image archive has. */
const SYSTEM_DIRECTORIES: ReadonlySet<string> = new Set(
  'bin boot dev etc home lib lib64 mnt opt proc root run sbin srv sys tmp usr var'.split(' '),
);

/** The files of an archive by name, links between them followed inside the archive only. */
export class ArchiveMembers {
  readonly #members = new Map<string, Member>();
  readonly #links = new Map<string, string>();
  readonly #systemDirectories = new Set<string>();
  readonly #intake: LayerIntake;
  readonly #made = new Map<string, unknown>();
  #held = 0;

  private constructor(intake: LayerIntake) {
    this.#intake = intake;
  }

  /**
   * Reads an archive to its end. Layers go to the intake the moment they arrive, in whatever
   * order; documents are held. Nothing is written to a second place.
   *
   * Throws InvalidArchiveError, also as soon as it is clear that this is the archive of a file
   * system; InvalidInputError for a damaged one.
   */
  static async read(
    archive: Bytes,
    intake: LayerIntake,
    call: CallOptions = {},
  ): Promise<ArchiveMembers> {
    const members = new ArchiveMembers(intake);
    const { bytes, skip } = await plainArchive(archive, ARCHIVE_LIMITS);
    const tar = await peek(bytes, SNIFF_LENGTH);
    if (!looksLikeTar(tar.head)) {
      await tar.close();
      throw notATar(tar.head);
    }
    for await (const { entry, body } of readTar(tar.bytes, ARCHIVE_LIMITS, skip)) {
      call.signal?.throwIfAborted();
      const name = memberName(entry.path);
      const [top = ''] = name.split('/');
      if (SYSTEM_DIRECTORIES.has(top)) members.#systemDirectories.add(top);
      if (members.#systemDirectories.size > 2 && !members.#hasManifest()) throw fileSystemArchive();
      await members.#add(name, entry, body, intake, call);
    }
    return members;
  }

  /** True for a tar that says what images it holds. */
  #hasManifest(): boolean {
    return [...CONTROL_FILES].some((name) => this.#members.has(name));
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  names(): IterableIterator<string> {
    return this.#members.keys();
  }

  /** The file of that name, links followed. Throws InvalidArchiveError for links that run in circles. */
  get(name: string): Member | undefined {
    let path = name;
    for (let hops = 0; hops < LINK_LIMIT; hops += 1) {
      const member = this.#members.get(path);
      if (member) return member;
      const next = this.#links.get(path) ?? this.#throughDirectoryLink(path);
      if (next === undefined) return undefined;
      path = next;
    }
    throw new InvalidArchiveError(`links of the archive run in circles at ${shown(name)}`);
  }

  /**
   * A layer by the name that the archive has for it. One that an archive leaves out, because
   * whoever made it knew that it is here, counts as long as it is.
   */
  layer(name: string): Member | undefined {
    const member = this.get(name);
    const digest = member ? undefined : digestIn(name);
    const here = digest && this.#intake.find(digest);
    return here ? { kind: 'known', blob: here.blob } : member;
  }

  get isDelta(): boolean {
    const index = this.document('index.json');
    return index !== undefined && parseIndex(index).annotations?.[DELTA] === 'true';
  }

  /** What `make` gives the first time: archives may refer to one thing any number of times. */
  once<T>(key: string, make: () => T): T {
    if (!this.#made.has(key)) this.#made.set(key, make());
    return this.#made.get(key) as T;
  }

  /** A document. Throws InvalidArchiveError when it is there but is no file that could be one. */
  document(name: string): Buffer | undefined {
    const member = this.get(name);
    if (member === undefined || member.kind === 'held') return member?.data;
    const what = member.kind === 'other' ? member.what : 'a layer';
    throw new InvalidArchiveError(`${shown(name)} of the archive is ${what}, not a JSON document`);
  }

  async #add(
    name: string,
    entry: TarEntry,
    body: Bytes,
    intake: LayerIntake,
    call: CallOptions,
  ): Promise<void> {
    if (entry.type === 'directory') return;
    this.#hold(name.length + (entry.linkTarget?.length ?? 0));
    if (entry.type === 'symlink' || entry.type === 'hardlink') {
      const from = entry.type === 'symlink' ? parentOf(name) : '';
      const target = inside(from, Buffer.from(entry.linkTarget ?? []).toString());
      // A link that leads out of the archive leads nowhere.
      if (target !== undefined) this.#links.set(name, target);
      return;
    }
    if (entry.type !== 'file') {
      this.#members.set(name, { kind: 'other', what: `a special file (${entry.type})` });
      return;
    }
    if (this.#members.has(name) && CONTROL_FILES.has(name)) {
      throw new InvalidArchiveError(`the archive holds ${shown(name)} twice`);
    }
    this.#members.set(name, await this.#read(name, entry.size, body, intake, call));
    this.#links.delete(name);
  }

  async #read(
    name: string,
    size: number,
    body: Bytes,
    intake: LayerIntake,
    call: CallOptions,
  ): Promise<Member> {
    const digest = digestIn(name);
    const known = digest !== undefined && size > HELD_LAYER_LIMIT && intake.find(digest);
    if (known) return { kind: 'known', blob: known.blob };
    const { head, bytes } = await peek(body, SNIFF_LENGTH);
    const compression = sniff(head);
    const isLayer = compression !== 'none' || looksLikeTar(head);
    const mustConvert = compression === 'bzip2' || compression === 'xz';
    if (isLayer && (mustConvert || size > HELD_LAYER_LIMIT)) {
      const title = digest ?? name;
      using task = reporter(call.progress).begin(title, {
        kind: 'transfer',
        total: size,
        unit: 'bytes',
      });
      const layer = await intake.take(task.count(bytes), digest, { ...call, size });
      task.outcome = 'done';
      return { kind: 'layer', layer };
    }
    if (!isLayer && !couldBeDocument(head))
      return { kind: 'other', what: 'a file of another kind' };
    if (size > DOCUMENT_LIMIT) {
      return { kind: 'other', what: `larger than ${DOCUMENT_LIMIT} bytes` };
    }
    this.#hold(size);
    return { kind: 'held', data: await collect(copied(bytes), DOCUMENT_LIMIT) };
  }

  /** Counts what stays in memory. */
  #hold(bytes: number): void {
    this.#held += bytes;
    if (this.#held <= HELD_LIMIT) return;
    throw new InvalidArchiveError(
      `the archive holds more than ${HELD_LIMIT} bytes of names and JSON documents`,
    );
  }

  /** `a/b/c` where `a` or `a/b` is a link. */
  #throughDirectoryLink(path: string): string | undefined {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const target = this.#links.get(path.slice(0, at));
      if (target !== undefined) return inside(target, path.slice(at + 1));
    }
    return undefined;
  }

  /** What to say when no images are named in it. */
  withoutImages(): InvalidArchiveError {
    if (this.#systemDirectories.size > 0) return fileSystemArchive();
    return withoutImages(this.#members.keys());
  }
}

/** Chunks are valid until the next one only. */
async function* copied(bytes: Bytes): Bytes {
  for await (const chunk of bytes) yield Uint8Array.from(chunk);
}

/** `blobs/sha256/<hex>` says the digest of what it holds. */
function digestIn(name: string): Digest | undefined {
  const match = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(name);
  const digest = match ? `${match[1]}:${match[2]}` : '';
  return isDigest(digest) ? digest : undefined;
}

/** An object, a list, or nothing at all (the tar of a layer without entries is zeros). */
function couldBeDocument(head: Uint8Array): boolean {
  const first = head.find((byte) => ![0x20, 0x09, 0x0a, 0x0d].includes(byte));
  return first === undefined || first === 0 || first === 0x7b || first === 0x5b;
}

function shown(name: string): string {
  return shownName(Buffer.from(name));
}
