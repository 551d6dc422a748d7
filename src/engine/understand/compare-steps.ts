import type { LayerStep, StepDifference } from '../understand-types.ts';
import { editScript } from './edit-script.ts';

/**
 * The steps with layers that two images do not have alike, oldest first. Steps of the same words
 * are taken for the same, as many as the order allows.
 */
export function compareSteps(
  before: readonly LayerStep[],
  after: readonly LayerStep[],
): StepDifference[] {
  const script = editScript(
    before.map(({ createdBy }) => createdBy),
    after.map(({ createdBy }) => createdBy),
  );
  return script.flatMap(({ old, now }): StepDifference[] => {
    const [was, is] = [before[old ?? -1], after[now ?? -1]];
    if (was && is && was.diffId === is.diffId) return [];
    const createdBy = (is ?? was)?.createdBy ?? '';
    return [{ createdBy, ...(was && { before: was }), ...(is && { after: is }) }];
  });
}
