import type { Vertex } from '../graph.ts';
import { LONGEST_TEXT } from './key.ts';

/** What an instruction says: its line, and the script below it where it has one. */
export function instructionText({ name, op }: Vertex): string {
  const line = name.replace(/^\[[^\]]*\] /, '');
  const script = op.kind === 'exec' ? op.argv.at(-1) : undefined;
  const text = script === undefined || line.includes(script) ? line : `${line}\n${script}`;
  return text.slice(0, LONGEST_TEXT);
}

/** What a step stands on: the step before, or a base image with its digest. */
export function standsOn({ base }: Vertex): string {
  if (base === undefined) return 'FROM scratch';
  if (base.op.kind !== 'image') return instructionText(base);
  return `FROM ${base.op.reference}@${base.op.manifest}`;
}
