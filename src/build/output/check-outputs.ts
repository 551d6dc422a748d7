import type { OutputInput } from '../finish.ts';
import { OutputError } from './errors.ts';
import { checkPlace } from './places.ts';
import type { Output } from './spec.ts';

/** What is known of a build before it begins. */
export interface Asked extends OutputInput {
  readonly names: readonly string[];
  /** The result will be an index. */
  readonly several: boolean;
}

/** Refuses outputs that cannot come to anything, before anything is built. Throws OutputError. */
export function checkOutputs(asked: Asked): void {
  const outputs = asked.outputs ?? [];
  for (const output of outputs) {
    if (output.type === 'local') checkPlace(output);
    if ('to' in output) checkPlace(output.to);
    checkOutput(output, asked);
  }
  checkReferrers(asked);
  const shared = (asked.annotations ?? []).map(({ place }) => place);
  const own = outputs.flatMap((one) => ('annotations' in one ? (one.annotations ?? []) : []));
  const isIndex = asked.several || (isAttested(asked) && asked.referrers !== true);
  const lost = [...shared, ...own.map(({ place }) => place)].find((one) => one.startsWith('index'));
  if (lost === undefined || isIndex) return;
  throw new OutputError(
    `${lost} annotations are for an index, and one image without attestations has none`,
    { hint: 'Build for several platforms, or annotate the manifest.' },
  );
}

function isAttested({ provenance, sbom }: Asked): boolean {
  return provenance !== undefined || sbom !== undefined;
}

/** Attestations that are no part of the result have to go somewhere. */
function checkReferrers(asked: Asked): void {
  if (asked.referrers !== true) return;
  if (!isAttested(asked)) {
    throw new OutputError('attestations as referrers: there are none to attach', {
      hint: 'Ask for them with --provenance or --sbom.',
    });
  }
  const outputs = asked.outputs ?? [];
  if (outputs.length > 0 && outputs.every((one) => one.type === 'image' && one.push === true))
    return;
  throw new OutputError('attestations as referrers are for what is pushed, and nothing else', {
    hint: 'Use --push, or output type=registry.',
  });
}

function checkOutput(output: Output, asked: Asked): void {
  const { names, several } = asked;
  if (output.type === 'image' && output.push === true) {
    if (names.length + (output.names ?? []).length > 0) return;
    throw new OutputError('a tag is needed when pushing to a registry', {
      hint: 'Give one with -t, or as name= of the output.',
    });
  }
  if (output.type !== 'docker' || (!several && !isAttested(asked))) return;
  const what = isAttested(asked) ? 'attestations' : 'several platforms';
  throw new OutputError(`type=docker has no room for ${what}: its archives hold single images`, {
    hint: 'Use type=oci.',
  });
}
