import { excerpt } from '../../engine/dockerfile-calls.ts';
import type {
  CheckReport,
  Outline,
  OutlineMount,
  TargetList,
} from '../../engine/dockerfile-types.ts';
import { alignTabs } from '../table.ts';

/** `--check`: how many findings there are, then each with the lines it is about. */
export function checkText({ source, warnings, error }: CheckReport, file: string): string {
  if (warnings.length === 0) return error ? '' : 'Check complete, no warnings found.\n';
  const count = warnings.length === 1 ? '1 warning has' : `${warnings.length} warnings have`;
  const lines = source.text.split('\n');
  const findings = warnings.map(({ ruleName, url, detail, span }) => {
    const title = url === '' ? ruleName : `${ruleName} - ${url}`;
    return `\nWARNING: ${title}\n${detail}\n${excerpt(lines, span, file)}`;
  });
  return `Check complete, ${count} been found!\n${findings.join('')}`;
}

/** `--call outline`: the target, then a table of each kind of parameter that it has. */
export function outlineText({ name, description, args, secrets, ssh }: Outline): string {
  let text = '';
  if (name !== '' || description !== undefined) {
    const lines = [
      `TARGET:\t${name === '' ? '(default)' : name}`,
      ...(description === undefined ? [] : [`DESCRIPTION:\t${description}`]),
    ];
    text += table(lines, 1);
  }
  if (args.length > 0) {
    const rows = args.map((arg) => `${arg.name}\t${arg.value ?? ''}\t${arg.description ?? ''}`);
    text += table(['BUILD ARG\tVALUE\tDESCRIPTION', ...rows], 3);
  }
  return text + mountTable('SECRET', secrets) + mountTable('SSH', ssh);
}

/** `--call targets`. */
export function targetsText({ targets }: TargetList): string {
  const rows = targets.map(({ name, default: isDefault, description = '' }) => {
    const shown = [...(name === '' ? [] : [name]), ...(isDefault ? ['(default)'] : [])].join(' ');
    return `${shown}\t${description}`;
  });
  return `${alignTabs(['TARGET\tDESCRIPTION', ...rows].join('\n'), { padding: 1, narrowest: 0 })}\n`;
}

function mountTable(title: string, mounts: readonly OutlineMount[]): string {
  if (mounts.length === 0) return '';
  const rows = mounts.map(({ name, required }) => `${name}\t${required ? 'true' : ''}`);
  return table([`${title}\tREQUIRED`, ...rows], 3);
}

/** Aligned lines, and an empty one below them. */
function table(lines: readonly string[], padding: number): string {
  return `${alignTabs(lines.join('\n'), { padding, narrowest: 0 })}\n\n`;
}
