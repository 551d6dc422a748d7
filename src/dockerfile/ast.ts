import type { CheckOptions } from './lint/checks.ts';
import type { LintWarning } from './lint/rule.ts';

/** A place in the file. Lines and columns start at 1; columns count UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A range of the file, for messages that point. `end` is the position behind the last character. */
export interface Span {
  readonly start: Position;
  readonly end: Position;
}

/** A `# name=value` line at the top of the file; `name` in lower case. */
export interface Directive {
  readonly name: 'syntax' | 'escape' | 'check';
  readonly value: string;
  readonly span: Span;
}

/** The character that continues lines and quotes in words. */
export type EscapeCharacter = '\\' | '`';

/** A parsed file: what it says, with nothing resolved or expanded. */
export interface Dockerfile {
  /** File name for messages. */
  readonly name: string;
  /** The text that spans refer to, without a byte order mark. */
  readonly text: string;
  readonly directives: readonly Directive[];
  readonly escape: EscapeCharacter;
  /** `ARG`s before the first `FROM`. */
  readonly globals: readonly ArgInstruction[];
  /** At least one. */
  readonly stages: readonly Stage[];
  /** Which rules count: for the findings of the frontend, too. */
  readonly checks: CheckOptions;
  /** What counts besides for single instructions, by the line where findings about them begin. */
  readonly ownChecks: ReadonlyMap<number, CheckOptions>;
  /** Findings that need the text only, in file order, with {@link Dockerfile.checks} applied. */
  readonly warnings: readonly LintWarning[];
}

/** A `FROM` and what follows it. */
export interface Stage {
  readonly index: number;
  readonly from: FromInstruction;
  readonly body: readonly StageInstruction[];
}

/** What every instruction has. */
export interface Node<Kind extends string> {
  readonly kind: Kind;
  /** From the first line's first character to the end of the last line, heredoc bodies included. */
  readonly span: Span;
  /** The keyword as it was written. */
  readonly keyword: string;
  /** As written, continuation lines and all: what error frames show. */
  readonly source: string;
  /** The logical line: continuations joined, comments inside it gone, heredoc bodies left out. */
  readonly line: string;
  /** `line`, then the bodies and terminators of its heredocs: the instruction as a text that parses again. */
  readonly original: string;
  /** Texts of the comment lines directly above, without `#`. */
  readonly comments: readonly string[];
}

/** Text that may hold `$variables`; expansion belongs to the frontend, not to the parser. */
export interface Word {
  readonly raw: string;
  readonly span: Span;
}

/** `exec`: a JSON array. `shell`: text for the stage's shell, never expanded here. */
export type Argv =
  | { readonly form: 'exec'; readonly argv: readonly string[] }
  | { readonly form: 'shell'; readonly script: Word };

/** A here-document with the lines that belong to it. */
export interface Heredoc {
  /** The delimiter, without its quotes; the file name in COPY and ADD. */
  readonly name: string;
  /** The lines as written, line ends included. */
  readonly body: string;
  /** `body` after `<<-` has removed leading tabs; the same as `body` without the dash. */
  readonly content: string;
  /** No part of the delimiter is quoted: variables in the body are meant. */
  readonly expand: boolean;
  /** Written `<<-`. */
  readonly chomp: boolean;
  /** The number before `<<`; 0 when there is none. */
  readonly fd: number;
  /** The body's lines and its terminator. */
  readonly span: Span;
}

/** A name with its value as written, quotes and all; both are expanded by the frontend. */
export interface Pair {
  readonly name: Word;
  readonly value: Word;
  /** Written `NAME value`, without `=`. */
  readonly legacy: boolean;
}

/** Begins a stage. */
export interface FromInstruction extends Node<'FROM'> {
  readonly image: Word;
  readonly platform?: Word;
  /** The stage's name in lower case. */
  readonly as?: string;
  /** The stage's name as written. */
  readonly asWord?: Word;
  /** The word `AS` as written. */
  readonly asKeyword?: string;
  /** Text of a `# <name> …` comment directly above. */
  readonly description?: string;
}

/** Declares variables of the build. */
export interface ArgInstruction extends Node<'ARG'> {
  readonly args: readonly ArgDeclaration[];
}

/** One name of an `ARG` line. */
export interface ArgDeclaration {
  /** As written: quotes and variables in it mean nothing. */
  readonly name: string;
  readonly value?: Word;
  /** Text of a `# <name> …` comment directly above. */
  readonly description?: string;
}

/** Runs a command. */
export interface RunInstruction extends Node<'RUN'> {
  /** The command as written; {@link RunInstruction.program} is what has to be run. */
  readonly command: Argv;
  readonly program: RunProgram;
  readonly mounts: readonly RunMount[];
  readonly network?: 'default' | 'none' | 'host';
  readonly security?: 'sandbox' | 'insecure';
  readonly devices: readonly RunDevice[];
  readonly heredocs: readonly Heredoc[];
}

/**
 * What RUN runs once heredocs are taken into account.
 * - `exec`: the argument list as it is.
 * - `shell`: `text` is the last argument of the shell. For a lone heredoc that is its body, else
 *   the command line with all bodies and terminators put back, for the shell to read.
 * - `file`: a lone heredoc that starts with `#!`: `content` becomes the file `path` (mode 0755,
 *   read-only, not in the layer), and `path` is the text given to the shell.
 */
export type RunProgram =
  | { readonly form: 'exec'; readonly argv: readonly string[] }
  | { readonly form: 'shell'; readonly text: string }
  | {
      readonly form: 'file';
      readonly path: string;
      readonly name: string;
      readonly content: string;
    };

/** What a mount of RUN shows. */
export type MountType = 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh';

/**
 * One `--mount`, split into fields. All values but `from` may hold variables, the type too: give
 * the mount to `resolveMount` of `mount-flag.ts` with a function that expands words, and it comes
 * back checked and typed.
 */
export interface RunMount {
  /** The flag's value as written. */
  readonly raw: string;
  readonly span: Span;
  readonly fields: readonly MountField[];
  /** Stage, image or context to take the source from. Never holds a variable. */
  readonly from?: string;
}

/** One `key=value` of a `--mount`, or a lone `key`. */
export interface MountField {
  /** What the key means, aliases resolved; absent for an unknown one. */
  readonly key?: MountKey;
  /** The key in lower case. */
  readonly written: string;
  readonly value?: string;
  /** The field as written. */
  readonly text: string;
}

/** What a mount of RUN may say, by its canonical name. */
export type MountKey =
  | 'type'
  | 'from'
  | 'source'
  | 'target'
  | 'readonly'
  | 'readwrite'
  | 'sharing'
  | 'id'
  | 'required'
  | 'size'
  | 'mode'
  | 'uid'
  | 'gid'
  | 'env';

/** One `--device=name[,required]`. */
export interface RunDevice {
  readonly name: string;
  readonly required: boolean;
}

/** Flags of COPY and ADD. Absent means not given. */
export interface CopyFlags {
  /** COPY only: stage, image or context; never expanded. */
  readonly from?: Word;
  readonly chown?: Word;
  readonly chmod?: Word;
  readonly link?: boolean;
  /** COPY only. */
  readonly parents?: boolean;
  /** Patterns, never expanded, in order; empty when none. */
  readonly exclude: readonly string[];
  /** ADD only. */
  readonly keepGitDir?: boolean;
  /** ADD only. */
  readonly checksum?: Word;
  /** ADD only. */
  readonly unpack?: boolean;
}

/** What COPY and ADD share. */
export interface CopyLike {
  /** In the order written, at least one. A member with a `body` is a heredoc. */
  readonly sources: readonly (Word | Heredoc)[];
  readonly target: Word;
  readonly flags: CopyFlags;
}

/** Copies from a context, a stage or an image. */
export interface CopyInstruction extends Node<'COPY'>, CopyLike {}
/** As COPY, and from URLs and repositories; unpacks archives. */
export interface AddInstruction extends Node<'ADD'>, CopyLike {}

/** Sets variables of the image. */
export interface EnvInstruction extends Node<'ENV'> {
  readonly pairs: readonly Pair[];
}
/** Sets labels of the image. */
export interface LabelInstruction extends Node<'LABEL'> {
  readonly pairs: readonly Pair[];
}
/** The command of the image, or the arguments of its entry point. */
export interface CmdInstruction extends Node<'CMD'> {
  readonly command: Argv;
}
/** `ENTRYPOINT []` has an empty `argv`: it removes an inherited one. */
export interface EntrypointInstruction extends Node<'ENTRYPOINT'> {
  readonly command: Argv;
}
/** Who looks after the image. */
export interface MaintainerInstruction extends Node<'MAINTAINER'> {
  readonly name: string;
}
/** Ports sorted by their text. Expand each with `expandWords`, then give what comes out to `parsePorts`. */
export interface ExposeInstruction extends Node<'EXPOSE'> {
  readonly ports: readonly Word[];
}
/** Directories that are to be volumes. */
export interface VolumeInstruction extends Node<'VOLUME'> {
  readonly paths: readonly Word[];
}
/** Who runs what follows, and the image. */
export interface UserInstruction extends Node<'USER'> {
  readonly user: Word;
}
/** Where what follows runs, and the image. */
export interface WorkdirInstruction extends Node<'WORKDIR'> {
  readonly path: Word;
}
/** Expand the word, then check it with `checkSignal` of `signal.ts`. */
export interface StopsignalInstruction extends Node<'STOPSIGNAL'> {
  readonly signal: Word;
}
/** What runs the commands in shell form. */
export interface ShellInstruction extends Node<'SHELL'> {
  readonly argv: readonly string[];
}
/** How to find out whether a container is well. */
export interface HealthcheckInstruction extends Node<'HEALTHCHECK'> {
  readonly check: Healthcheck;
}
/** As in the image config: `test` starts with NONE, CMD or CMD-SHELL; durations in nanoseconds, 0 = default. */
export interface Healthcheck {
  readonly test: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}
/** An instruction for those who build on the image. */
export interface OnbuildInstruction extends Node<'ONBUILD'> {
  /** What the image config stores. It is read, and found right or wrong, in the child: by `parseInstruction`. */
  readonly trigger: string;
}

/** An instruction that may stand below a `FROM`. */
export type StageInstruction =
  | AddInstruction
  | ArgInstruction
  | CmdInstruction
  | CopyInstruction
  | EntrypointInstruction
  | EnvInstruction
  | ExposeInstruction
  | HealthcheckInstruction
  | LabelInstruction
  | MaintainerInstruction
  | OnbuildInstruction
  | RunInstruction
  | ShellInstruction
  | StopsignalInstruction
  | UserInstruction
  | VolumeInstruction
  | WorkdirInstruction;

/** One member per keyword; `switch (x.kind)` over it is exhaustive, and the compiler says when it is not. */
export type Instruction = FromInstruction | StageInstruction;
