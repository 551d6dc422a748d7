import type { Span, Stage, StageInstruction } from '../../dockerfile/ast.ts';
import type { Platform } from '../../oci/platform.ts';
import type { BaseImage } from './frontend-types.ts';
import type { StageState } from './state.ts';

/** Looks on while a Dockerfile is evaluated: for the checks and the outline. */
export interface Watcher {
  /** What FROM lines see: all of it, and what of it was there before any ARG. */
  globals?(globals: ReadonlyMap<string, string>, predefined: ReadonlyMap<string, string>): void;
  /** A stage begins, with what it inherits from an earlier stage or an image. */
  begin?(stage: Stage, state: StageState, from: Beginning): void;
  /** A base image was found for a line. */
  base?(name: string, wanted: Platform, base: BaseImage, at: { readonly span: Span }): void;
  /** An instruction was applied, or failed. */
  applied?(stage: Stage, state: StageState, instruction: StageInstruction, trigger: boolean): void;
}

/** What a stage starts from. */
export interface Beginning {
  readonly state: StageState;
  /** Steps that its FROM counts. */
  readonly total: number;
  readonly earlier?: Stage;
  /** Nothing is known of the base image. */
  readonly guessed: boolean;
  /** A named context stands in for the whole stage. */
  readonly replaced?: boolean;
}
