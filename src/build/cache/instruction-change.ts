import type { StepDifference } from '../../base/progress.ts';
import type { Ingredient } from '../../store/tables.ts';
import type { Vertex } from '../graph.ts';
import type { Change } from './difference.ts';
import { instructionText } from './text.ts';

/** That an instruction says, or means, something else than before. */
export interface InstructionChange {
  readonly differences: readonly StepDifference[];
  /** Whether another difference is but a consequence. */
  readonly brings: (change: Change) => boolean;
}

/**
 * Compares what an instruction says. Where it says the same and means something else, names
 * what is behind that: a variable in it, the SHELL, the WORKDIR.
 */
export function instructionChange(
  vertex: Vertex,
  earlier: readonly Ingredient[],
  changes: readonly Change[],
): InstructionChange | undefined {
  const before = earlier.find(({ kind }) => kind === 'instruction')?.text;
  const after = instructionText(vertex);
  const meant = changes.some(({ kind }) => kind === 'instruction');
  const sources = changes.some(isOtherSource);
  if (before === undefined) return undefined;
  if (before === after) {
    if (!meant && !sources) return undefined;
    return { differences: behind(vertex, after), brings: isOtherSource };
  }
  const from = option(before, '--from') !== option(after, '--from');
  if (!meant && !sources && !(from && changes.some(({ kind }) => kind === 'file')))
    return undefined;
  return {
    differences: [{ kind: 'instruction', name: '', how: 'changed', before, after }],
    brings: (change) =>
      isOtherSource(change) ||
      (from && change.kind === 'file') ||
      // The text says it already.
      (change.kind === 'flag' && change.name.startsWith('--') && after.includes(change.name)),
  };
}

/** A source under another name; heredocs are named by what they are called. */
function isOtherSource({ kind, how }: Change): boolean {
  return kind === 'file' && (how === 'added' || how === 'removed');
}

function behind({ op }: Vertex, text: string): StepDifference[] {
  if (op.kind === 'exec') return [{ kind: 'SHELL', name: '', how: 'changed' }];
  const names = [...text.matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name = '']) => name);
  if (names.length === 0) return [{ kind: 'WORKDIR', name: '', how: 'changed' }];
  return [...new Set(names)].map((name) => ({ kind: 'variable', name, how: 'changed' }));
}

function option(text: string, name: string): string | undefined {
  return text.split(' ').find((word) => word.startsWith(`${name}=`));
}
