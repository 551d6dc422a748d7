import { goQuote } from '../../base/go-quote.ts';
import type { Span } from '../ast.ts';
import { InstructionValueError } from '../errors.ts';
import { readPorts } from '../expose.ts';
import { finding, type LintWarning } from './rule.ts';
import { constantText, type Subject } from './subject.ts';

interface Place {
  readonly span: Span;
  readonly stage: number;
}

/** MaintainerDeprecated. */
export function maintainers({ instructions }: Subject): LintWarning[] {
  return instructions
    .filter(({ kind }) => kind === 'MAINTAINER')
    .map((instruction) =>
      finding(
        'MaintainerDeprecated',
        'Maintainer instruction is deprecated in favor of using label',
        instruction,
      ),
    );
}

/** WorkdirRelativePath: the first WORKDIR of a stage and of those it is made from. */
export function workdirs({ stages, escape }: Subject): LintWarning[] {
  const found: LintWarning[] = [];
  const set = new Set<string>();
  for (const stage of stages) {
    const first = stage.body.find((instruction) => instruction.kind === 'WORKDIR');
    const inherited = set.has(stage.from.image.raw);
    if ((first || inherited) && stage.from.as !== undefined) set.add(stage.from.as);
    const path = first && !inherited ? constantText(first.path.raw, escape) : undefined;
    if (first && path !== undefined) {
      found.push(...relativeWorkdir(path, { span: first.span, stage: stage.index }));
    }
  }
  return found;
}

/** WorkdirRelativePath, for a path without variables or with their values. */
export function relativeWorkdir(path: string, at: Place): LintWarning[] {
  // Nothing at all is an error of its own.
  if (path === '' || path.startsWith('/')) return [];
  return [
    finding(
      'WorkdirRelativePath',
      `Relative workdir ${goQuote(path)} can have unexpected results if the base image changes`,
      at,
    ),
  ];
}

/** ExposeProtoCasing, ExposeInvalidFormat. */
export function exposedPorts({ stages, escape }: Subject): LintWarning[] {
  return stages.flatMap((stage) =>
    stage.body.flatMap((instruction) => {
      if (instruction.kind !== 'EXPOSE') return [];
      const at = { span: instruction.span, stage: stage.index };
      return instruction.ports.flatMap(({ raw }) => {
        const port = constantText(raw, escape);
        return port === undefined ? [] : oddPorts(port, at);
      });
    }),
  );
}

/** ExposeProtoCasing and ExposeInvalidFormat, for a word without variables or with their values. */
export function oddPorts(port: string, at: Place): LintWarning[] {
  const ports = portsOf(port);
  return [
    ...(ports?.oddCase
      ? [
          finding(
            'ExposeProtoCasing',
            `Defined protocol '${port}' in EXPOSE instruction should be lowercase`,
            at,
          ),
        ]
      : []),
    ...(ports?.hostPart
      ? [
          finding(
            'ExposeInvalidFormat',
            `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`,
            at,
          ),
        ]
      : []),
  ];
}

function portsOf(word: string): ReturnType<typeof readPorts> | undefined {
  try {
    return readPorts(word);
  } catch (error) {
    // A bad port is an error of its own, told when the stage is built.
    if (error instanceof InstructionValueError) return undefined;
    throw error;
  }
}
