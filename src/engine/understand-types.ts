import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';

/** Where in a Dockerfile a step stands, or what else made its layer. */
export interface StepOrigin {
  /** Absolute path of the Dockerfile, or another stable name for it; `commit of web1`. */
  readonly file: string;
  /** First and last line, from 1; both 0 where there are no lines. */
  readonly lines: readonly [number, number];
}

/** A layer of an image, with the step that made it. */
export interface LayerStep {
  /** From 1 at the bottom. */
  readonly number: number;
  readonly diffId: Digest;
  /** What the history says of it: the instruction, or else the comment. */
  readonly createdBy: string;
  /** Of layers that were built here. */
  readonly origin?: StepOrigin;
  /** It came with an image that this one was made from, as far as is known. */
  readonly inherited: boolean;
  /** Bytes of file content. */
  readonly size: number;
}

/** A layer, with what is left of it. */
export interface ExplainedLayer extends LayerStep {
  /** Entries of its tar. */
  readonly entries: number;
  /** Bytes of it that layers above it hide. */
  readonly hidden: number;
}

/**
 * What became of bytes that no container sees: other content came in their place (`rewritten`),
 * the same content under another owner, mode or attributes (`metadata`), the very same again
 * (`unchanged`), the same at another path (`moved`), or nothing (`deleted`).
 */
export type WasteKind = 'rewritten' | 'metadata' | 'unchanged' | 'moved' | 'deleted';

/** Names with the bytes that they stand for. */
export interface SizedPath {
  /** Absolute. A byte that is not UTF-8 is the lone surrogate U+DC00 + byte. */
  readonly path: string;
  readonly size: number;
}

/** Bytes of one layer that another one hides, all in the same way. */
export interface Waste {
  readonly kind: WasteKind;
  readonly bytes: number;
  readonly files: number;
  /** Number of the layer that has the bytes. */
  readonly layer: number;
  /** Of the layer that first wrote this content under these names; others only copied it. */
  readonly source: number;
  /** Of the layer that hides the bytes. */
  readonly by: number;
  /** The largest. */
  readonly paths: readonly SizedPath[];
}

/** Visible files of a kind that images seldom need. */
export interface Leftover {
  /** `apt-lists`, `git`, … */
  readonly kind: string;
  /** For people. */
  readonly what: string;
  readonly bytes: number;
  readonly files: number;
  /** Number of the layer that first wrote them. */
  readonly layer: number;
  /** The directory, or the largest of several. */
  readonly path: string;
  /** How many directories. */
  readonly directories: number;
}

/** Visible files with the same content. */
export interface Duplicate {
  readonly digest: Digest;
  /** Of one of them. */
  readonly size: number;
  /** Of all but one. */
  readonly bytes: number;
  readonly count: number;
  /** In the order of the tree, some at most. */
  readonly paths: readonly string[];
}

/** Something to change, and what that is worth. */
export interface Advice {
  /** Number of the layer whose step is to be changed; absent where it is no single one. */
  readonly layer?: number;
  readonly origin?: StepOrigin;
  /** One sentence, without the place. */
  readonly text: string;
  /** Bytes that the image becomes smaller by. */
  readonly gain: number;
}

/** How an image is explained. */
export interface ExplainOptions extends CallOptions {
  readonly platform?: Platform;
  /** Names and duplicates in each list at most; 10 unless said. */
  readonly top?: number;
}

/** Where the bytes of an image are, and which of them it could do without. */
export interface Explanation {
  readonly id: Digest;
  /** Familiar names, sorted. */
  readonly tags: readonly string[];
  readonly platform: Platform;
  /** Bytes of file content in all layers, and of what a container sees of them. */
  readonly size: number;
  readonly visible: number;
  /** `size` without `visible`. */
  readonly wasted: number;
  /** `visible` / `size`; 1 for an image without content. */
  readonly score: number;
  /** Bottom first. */
  readonly layers: readonly ExplainedLayer[];
  /**
   * The largest directories that a container sees, with all that is in them; left out are those
   * that are hardly more than one of the directories in them.
   */
  readonly directories: readonly SizedPath[];
  /** Largest first, all three. */
  readonly waste: readonly Waste[];
  readonly leftovers: readonly Leftover[];
  readonly duplicates: readonly Duplicate[];
  /** Bytes of all duplicates, also of those that are not listed. */
  readonly duplicated: number;
  /** Largest gain first. No byte is counted twice. */
  readonly advice: readonly Advice[];
}

/** What is known of a name in an image. */
export interface FileFacts {
  readonly type: 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of files, in bytes. */
  readonly size: number;
  readonly modified: Date;
  /** Of files: of their content. */
  readonly digest?: Digest;
  /** Of symbolic links. A byte that is not UTF-8 is the lone surrogate U+DC00 + byte. */
  readonly target?: string;
  /** Of devices: `major:minor`. */
  readonly device?: string;
  /** Digest over the extended attributes, where there are any. */
  readonly xattrs?: Digest;
}

/** In what two states of a name can differ. */
export type FileAspect = 'type' | 'content' | 'target' | 'device' | 'mode' | 'owner' | 'xattrs';

/** What a layer made of a name. */
export interface FileVersion {
  readonly step: LayerStep;
  readonly change: 'added' | 'changed' | 'deleted';
  /** Of `changed`; empty where only the time is another. */
  readonly aspects: readonly FileAspect[];
  /** Afterwards; of `deleted` what it was. */
  readonly facts: FileFacts;
}

/** Where a name of an image comes from. */
export interface BlamedPath {
  /** Absolute. A byte that is not UTF-8 is the lone surrogate U+DC00 + byte. */
  readonly path: string;
  /** False where the last version is a deletion. */
  readonly exists: boolean;
  /** Oldest first; at least one. */
  readonly versions: readonly FileVersion[];
}

/** Which names of an image are asked after, and how. */
export interface BlameOptions extends CallOptions {
  readonly platform?: Platform;
  /** Where the last part of a path is a link, go where it points. */
  readonly follow?: boolean;
}

/** Where the names below some paths come from. */
export interface Blame {
  /** By path, byte by byte. */
  readonly paths: readonly BlamedPath[];
  /** Operands that named one file or link, and no directory or pattern. */
  readonly single: boolean;
}

/** A name that two file systems do not have alike. */
export interface FileDifference {
  /** Absolute. A byte that is not UTF-8 is the lone surrogate U+DC00 + byte. */
  readonly path: string;
  /** From the first to the second. */
  readonly change: 'added' | 'changed' | 'deleted';
  /** Of `changed`. */
  readonly aspects: readonly FileAspect[];
  readonly before?: FileFacts;
  readonly after?: FileFacts;
}

/** A part of the configs that is not alike. */
export interface SettingDifference {
  /** `Cmd`, `Env PATH`, `Labels version`. */
  readonly key: string;
  /** As JSON; absent where it is not set. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** A step with a layer that only one of two images has, or of which each has another. */
export interface StepDifference {
  readonly createdBy: string;
  readonly before?: LayerStep;
  readonly after?: LayerStep;
}

/** A package of which two file systems have different versions. */
export interface PackageDifference {
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
}

/** What is compared, and how. */
export interface CompareOptions extends CallOptions {
  readonly platform?: Platform;
  /** Only files at and below these paths; configs, steps and packages are left out then. */
  readonly paths?: readonly string[];
}

/** One side of a comparison. */
export interface Compared {
  readonly kind: 'image' | 'container';
  /** As it was asked for. */
  readonly name: string;
  /** Of the image, or of the container. */
  readonly id: string;
  /** Bytes of file content in all layers. */
  readonly size: number;
}

/** In what two file systems differ, with what goes with them. */
export interface Comparison {
  readonly before: Compared;
  readonly after: Compared;
  /** Neither files nor settings differ. */
  readonly same: boolean;
  /** By path, byte by byte. */
  readonly files: readonly FileDifference[];
  readonly config: readonly SettingDifference[];
  /** Oldest first. */
  readonly steps: readonly StepDifference[];
  /** By name: of dpkg and apk. */
  readonly packages: readonly PackageDifference[];
}

/** One file in two states, as text. */
export interface TextDifference {
  readonly path: string;
  /** A unified diff; empty where both are the same. One line where they are no texts. */
  readonly text: string;
}

/** A line of `diff CONTAINER`. */
export interface ContainerChange {
  /** Absolute. A byte that is not UTF-8 is the lone surrogate U+DC00 + byte. */
  readonly path: string;
  readonly change: 'added' | 'changed' | 'deleted';
}

/** A layer, with those who have it. */
export interface TreeLayer extends LayerStep {
  /** Names of the images that end with it, sorted; IDs of those without a name. */
  readonly topOf: readonly string[];
  /** The same of all other images that have it, wherever in their layers. */
  readonly sharedWith: readonly string[];
}

/** An image as a pile of layers. */
export interface ImageLayers {
  readonly id: Digest;
  /** Familiar names, sorted. */
  readonly tags: readonly string[];
  /** Bytes of file content in all layers. */
  readonly size: number;
  /** Bottom first. */
  readonly layers: readonly TreeLayer[];
}
