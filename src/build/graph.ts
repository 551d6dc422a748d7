import type { CopyFlags, Heredoc, RunDevice, Span } from '../dockerfile/ast.ts';
import type { DiffId } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { RemoteRef } from './sources/remote.ts';
import type { ExecMount } from './exec-mount.ts';

/** A base image, resolved: nothing is done for it. */
export interface ImageOp {
  readonly kind: 'image';
  /** Canonical name, for people. */
  readonly reference: string;
  /** Digest of its manifest: the whole of its cache key. */
  readonly manifest: string;
  readonly platform: Platform;
  /** Bottom first; they need not be in the store yet. */
  readonly layers: readonly DiffId[];
}

/** RUN: one process over the base, whose changes are the layer. */
export interface ExecOp {
  readonly kind: 'exec';
  /** What its programs are made for. */
  readonly platform: Platform;
  readonly argv: readonly string[];
  /** `ENV` of the stage, then its `ARG`s, as `K=V`, in order. */
  readonly env: readonly EnvironmentEntry[];
  /** Proxy settings: visible to the process, part of no key, history or config. */
  readonly hiddenEnv: readonly string[];
  readonly cwd: string;
  /** As in USER; '' is root. */
  readonly user: string;
  readonly network: 'default' | 'none' | 'host';
  /** Without confinement. */
  readonly insecure: boolean;
  readonly devices: readonly RunDevice[];
  /** In the order in which they are mounted: what lies inside another comes after it. */
  readonly mounts: readonly ExecMount[];
  readonly extraHosts: readonly string[];
  readonly hostname: string;
  readonly shmSize?: number;
  /** A heredoc that is a script of its own: a read-only file, not part of the layer. */
  readonly file?: { readonly path: string; readonly content: string };
}

/** One variable of a RUN, with where it came from. */
export interface EnvironmentEntry {
  readonly name: string;
  readonly value: string;
  readonly from: 'env' | 'arg';
  /** It came with the base image, and no ENV of the Dockerfile changed it. */
  readonly base?: true;
}

/** COPY and ADD. Words are expanded; paths are looked up in a context or the first input. */
export interface CopyOp {
  readonly kind: 'copy';
  readonly add: boolean;
  readonly from: 'context' | 'input';
  /** Of `context`: a named one; absent for the main one. */
  readonly context?: string;
  readonly paths: readonly string[];
  readonly texts: readonly Pick<Heredoc, 'name' | 'content'>[];
  /** ADD only: what comes from elsewhere, each after the first `at` paths. */
  readonly remotes?: readonly { readonly at: number; readonly ref: RemoteRef }[];
  /** Absolute; keeps a trailing slash. */
  readonly target: string;
  readonly chown?: string;
  readonly chmod?: string;
  readonly link: boolean;
  /** Keep the path of a source, below the target. */
  readonly parents?: boolean;
  readonly exclude: CopyFlags['exclude'];
  readonly unpack?: boolean;
}

/** WORKDIR: a directory with its parents, owned by the current user. */
export interface MkdirOp {
  readonly kind: 'mkdir';
  readonly path: string;
  readonly user: string;
}

/** What a vertex does, as plain data: it can be printed, hashed, compared and sent. */
export type Op = ImageOp | ExecOp | CopyOp | MkdirOp;

/** A node of the build graph. */
export interface Vertex {
  readonly op: Op;
  /** The root it works on; absent for an empty one. */
  readonly base?: Vertex;
  /** Other roots that it reads from: stages and images, but no empty ones and no contexts. */
  readonly inputs: readonly Vertex[];
  /** For people: `[build 3/5] RUN make`. */
  readonly name: string;
  /** The stage's name or index. */
  readonly stage: string;
  /** Where in which build, without the text: finds earlier records of the same step. */
  readonly place: string;
  /** Text of the instruction as the history shows it. */
  readonly instruction: string;
  /** Where it stands in the Dockerfile; absent for triggers of a base image. */
  readonly span?: Span;
  /** Do not look its result up. */
  readonly uncached: boolean;
}
