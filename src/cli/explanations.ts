import type { ProgressSink, StepReason } from '../base/progress.ts';

/** Why a step ran, or did not, under its name. */
type Explanation = { readonly step: string } & StepReason;

/** Passes events on and keeps the reasons among them, in the order of the steps. */
export function explanations(sink: ProgressSink): {
  readonly sink: ProgressSink;
  readonly reasons: readonly Explanation[];
} {
  const titles = new Map<number, string>();
  const reasons: Explanation[] = [];
  return {
    reasons,
    sink(event) {
      if (event.type === 'begin' && event.kind === 'step') titles.set(event.id, event.title);
      if (event.type === 'note' && event.reason) {
        reasons.push({ step: titles.get(event.id) ?? '', ...event.reason });
      }
      sink(event);
    },
  };
}
