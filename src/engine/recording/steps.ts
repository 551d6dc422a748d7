import type { Evidence, Fate } from './fate.ts';
import type { Typed } from './commands.ts';
import { packageActions, SETTINGS, type Manager } from './packages.ts';

/** Several package actions that become one RUN. */
export interface PackageStep {
  readonly kind: 'packages';
  readonly typed: Typed;
  readonly manager: Manager;
  update: boolean;
  readonly flags: readonly string[];
  packages: string[];
}

/** A command, or what it left. */
export interface CommandStep {
  readonly kind: 'command';
  readonly typed: Typed;
  readonly fate: Fate;
  readonly evidence: Evidence | undefined;
}

/** One part of a draft, in order. */
export type DraftStep = PackageStep | CommandStep;

/**
 * Puts package installs together: each goes to the first one of its kind, unless something in
 * between told the package manager what to do, or nobody knows what it did.
 */
export function mergePackages(steps: readonly CommandStep[]): DraftStep[] {
  const merged: DraftStep[] = [];
  for (const step of steps) {
    if (step.fate !== 'packages') {
      merged.push(step);
      continue;
    }
    for (const action of packageActions(step.typed.text ?? '') ?? []) {
      const { manager, kind, flags, packages } = action;
      const known = merged.findLast((one) => one.kind === 'packages' && one.manager === manager);
      const free = known?.kind === 'packages' && isFreeBehind(merged, known) ? known : undefined;
      const alike =
        free && (kind === 'update' || free.packages.length === 0 || same(free.flags, flags));
      if (free && alike) {
        if (free.packages.length === 0 && kind === 'install') {
          merged[merged.indexOf(free)] = { ...free, flags, packages: [...packages] };
        } else if (kind === 'install')
          free.packages = [...new Set([...free.packages, ...packages])];
        else free.update = true;
        continue;
      }
      merged.push({
        kind: 'packages',
        typed: step.typed,
        manager,
        update: kind === 'update',
        flags,
        packages: [...packages],
      });
    }
  }
  return merged;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join(' ') === b.join(' ');
}

/** Whether an install may move up to an earlier one. */
function isFreeBehind(steps: readonly DraftStep[], known: PackageStep): boolean {
  return steps.slice(steps.indexOf(known) + 1).every((step) => {
    if (step.kind === 'packages') return true;
    const { evidence } = step;
    if (!evidence || evidence.shared || evidence.more) return false;
    return !evidence.changes.some(({ path }) => SETTINGS[known.manager].test(path));
  });
}
