import { isPlainPath, isText, runLines } from './dockerfile-text.ts';
import type { DraftFile } from './draft-types.ts';
import { quoted } from './shell-words.ts';
import type { Change } from './snapshot.ts';

const PLAIN_MODE = 0o644;
/** More files of one command are not taken one by one. */
const MOST_FILES = 100;

/** What changes become: instructions, and what cannot be said. */
export interface Taken {
  readonly lines: readonly string[];
  readonly left: readonly string[];
}

/** Turns what is at some paths into instructions that put it there. */
export class Taking {
  readonly #directory: (path: string) => Change | undefined;
  readonly #files: DraftFile[] = [];
  readonly #made = new Map<string, string>();

  /** `directory` tells those of the image. */
  constructor(directory: (path: string) => Change | undefined) {
    this.#directory = directory;
  }

  /** What goes beside the Dockerfile. */
  get files(): readonly DraftFile[] {
    return this.#files;
  }

  /** Instructions for these changes. */
  take(changes: readonly Change[], title: string): Taken {
    const script: string[] = [];
    const copies: string[] = [];
    const left: string[] = [];
    for (const change of changes) {
      const path = textOf(change.path);
      if (path === undefined) left.push(`a file with an odd name is not taken: ${title}`);
      else if (change.kind === 'file') {
        if (copies.length >= MOST_FILES) left.push(`only ${MOST_FILES} files are taken: ${title}`);
        else if (isPlainPath(path)) copies.push(this.#copy(change, path));
        else left.push(`a file with an odd name is not taken: ${path}`);
      } else if (change.kind === 'other') left.push(`${path} is no plain file: it is not taken`);
      else script.push(...this.#lines(change, path));
    }
    const run = script.length > 0 ? [runLines({ lines: script })] : [];
    return { lines: [...run, ...copies], left: [...new Set(left)] };
  }

  #lines(change: Change, path: string): string[] {
    const word = quoted(path);
    if (change.kind === 'gone') return [`rm -rf ${word}`];
    const owner =
      change.uid === 0 && change.gid === 0 ? [] : [`chown -h ${change.uid}:${change.gid} ${word}`];
    if (change.kind === 'symlink') {
      const target = textOf(change.target ?? '');
      if (target === undefined) return [];
      return [`rm -rf ${word}`, `ln -s ${quoted(target)} ${word}`, ...owner];
    }
    const known = this.#directory(change.path);
    const facts = `${change.mode} ${change.uid} ${change.gid}`;
    const before = this.#made.get(path) ?? (known && `${known.mode} ${known.uid} ${known.gid}`);
    this.#made.set(path, facts);
    if (before === facts) return [];
    return [`mkdir -p ${word}`, ...owner, `chmod ${change.mode.toString(8)} ${word}`];
  }

  #copy({ mode, uid, gid, saved, path: place }: Change, path: string): string {
    const name = this.#nameFor(path);
    this.#files.push({ name, saved, path: place });
    const flags = [
      ...(uid === 0 && gid === 0 ? [] : [`--chown=${uid}:${gid}`]),
      ...(mode === PLAIN_MODE ? [] : [`--chmod=${mode.toString(8)}`]),
    ];
    return ['COPY', ...flags, name, path].join(' ');
  }

  /** `files/index.html`; a number goes in front where there is one. */
  #nameFor(path: string): string {
    const base = path.slice(path.lastIndexOf('/') + 1).replaceAll(/[^\w.-]/g, '_');
    const taken = (name: string): boolean => this.#files.some((file) => file.name === name);
    let name = `files/${base}`;
    for (let number = 2; taken(name); number += 1) name = `files/${number}-${base}`;
    return name;
  }
}

/** A path, or what a link says, as text; undefined where it is none, or more than a line. */
function textOf(path: string): string | undefined {
  const text = Buffer.from(path, 'latin1').toString();
  return isText(text) && !/[\n\t]/.test(text) ? text : undefined;
}
