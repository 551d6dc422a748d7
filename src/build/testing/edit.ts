import assert from 'node:assert/strict';
import type { BuildInput } from '../build-input.ts';
import type { BaseImage } from '../frontend/frontend-types.ts';
import type { Bench } from './bench.ts';

/** What a build is made with; an edit changes one thing of it. */
export interface Subject {
  readonly bench: Bench;
  dockerfile: string;
  input: Partial<BuildInput>;
  bases: Record<string, BaseImage>;
  /** What the first stage's `make` writes. */
  output: string;
}

/** One edit, the step that it makes run first, and what is said there. */
export interface Edit {
  readonly what: string;
  readonly edit: (of: Subject) => void;
  readonly step: string;
  readonly says: string | RegExp;
  /** What later steps may say besides naming a step before them. */
  readonly also?: RegExp;
}

/** Changes the first such text of the Dockerfile. */
export const replace = (from: string, to: string) => (of: Subject) => {
  assert.ok(of.dockerfile.includes(from), from);
  of.dockerfile = of.dockerfile.replace(from, to);
};
/** Writes a file of the context. */
export const write = (path: string, text: string) => (of: Subject) => of.bench.write(path, text);
/** Gives a build argument. */
export const arg = (name: string, value: string) => (of: Subject) => {
  of.input = { ...of.input, args: new Map([[name, value]]) };
};
