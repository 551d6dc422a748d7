import type { Verification } from '../engine/verify-types.ts';
import type { Output } from './output.ts';

/** Writes what `build --verify` found. Returns the exit code: 1 when something differs. */
export function writeVerification(
  stdout: Output,
  name: string,
  found: Verification,
  format: 'text' | 'json' = 'text',
): number {
  if (format === 'json') stdout.line(JSON.stringify(found, undefined, 2));
  else for (const line of linesOf(name, found)) stdout.line(line);
  return found.identical ? 0 : 1;
}

function linesOf(name: string, found: Verification): string[] {
  const { layers, config, counts } = found;
  if (found.identical) return [`${name} is identical: ${found.image}`];
  const what = [
    ...(counts ? [`it has ${counts.image} layers, and ${counts.rebuilt} when built again`] : []),
    ...(layers.length > 0 ? [`${layers.length} layer${layers.length === 1 ? '' : 's'}`] : []),
    ...(config.length > 0 ? [`the config (${config.join(', ')})`] : []),
  ];
  const lines = [`${name} is not identical: ${what.join(' and ')}`];
  for (const { number, instruction, place, files, kinds } of layers) {
    const summary = Object.entries(kinds)
      .map(([kind, count]) => `${kind} ${count ?? 0}`)
      .join(', ');
    const step = instruction.replace(/\s+/g, ' ');
    lines.push('', `layer ${number}${place === undefined ? '' : ` (${place})`}: ${step}`);
    lines.push(`  ${summary === '' ? 'the order or form of its entries' : summary}`);
    for (const { path, kind, what: how } of files) lines.push(`  ${path}  ${kind}: ${how}`);
    const rest = total(kinds) - files.length;
    if (rest > 0) lines.push(`  and ${rest} more`);
  }
  if (found.onlyTimes) {
    lines.push('', 'Only times differ: --reproducible makes them those of the context.');
  }
  return lines;
}

function total(kinds: Verification['layers'][number]['kinds']): number {
  return Object.values(kinds).reduce((sum: number, count) => sum + (count ?? 0), 0);
}
