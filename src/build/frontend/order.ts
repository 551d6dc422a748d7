import type { Stage } from '../../dockerfile/ast.ts';
import type { StageIndex } from './stage-index.ts';

/** What is known of a file before it is evaluated. */
export interface OrderFacts {
  readonly stages: readonly Stage[];
  readonly index: StageIndex;
  /** What the FROM of a stage names; empty when that cannot be told. */
  readonly base: (stage: Stage) => string;
  /** A named context stands in the place of what has this name. */
  readonly replaced: (name: string) => boolean;
}

/**
 * What a stage needs, as far as the text says so, each after what it needs itself, and last the stage:
 * a chain of thousands of stages is no chain of calls. Cycles are left to the evaluation.
 */
export function evaluationOrder(target: Stage, facts: OrderFacts): readonly Stage[] {
  const order: Stage[] = [];
  const seen = new Set([target.index]);
  const open = [{ stage: target, left: needs(target, facts).values() }];
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const { value: next } = top.left.next();
    if (!next) {
      order.push(top.stage);
      open.pop();
    } else if (!seen.has(next.index)) {
      seen.add(next.index);
      open.push({ stage: next, left: needs(next, facts).values() });
    }
  }
  return order;
}

/** The stages that a stage mentions. */
function needs(stage: Stage, { stages, index, base, replaced }: OrderFacts): readonly Stage[] {
  if (stage.from.as !== undefined && replaced(stage.from.as)) return [];
  const copied = stage.body.flatMap((one) =>
    one.kind === 'COPY' && one.flags.from ? [one.flags.from.raw] : [],
  );
  const mounted = stage.body.flatMap((one) =>
    one.kind === 'RUN' ? one.mounts.flatMap(({ from }) => from ?? []) : [],
  );
  const image = base(stage);
  const below = image === '' ? undefined : index.above(image, stage);
  const found = [
    ...copied.flatMap((name) => (/^\d+$/.test(name) ? (stages[Number(name)] ?? []) : [])),
    ...[...copied, ...mounted].flatMap((name) =>
      replaced(name) ? [] : (index.above(name.toLowerCase(), stage) ?? []),
    ),
  ];
  return [...(below && !replaced(image) ? [below] : []), ...found].filter(
    (one) => one.index < stage.index,
  );
}
