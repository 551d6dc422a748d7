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
  const shared = (asked.annotations ?? []).map(({ place }) => place);
  const own = outputs.flatMap((one) => ('annotations' in one ? (one.annotations ?? []) : []));
  const isIndex = asked.several || asked.provenance !== undefined;
  const lost = [...shared, ...own.map(({ place }) => place)].find((one) => one.startsWith('index'));
  if (lost === undefined || isIndex) return;
  throw new OutputError(
    `${lost} annotations are for an index, and one image without attestations has none`,
    { hint: 'Build for several platforms, or annotate the manifest.' },
  );
}

function checkOutput(output: Output, { names, several, provenance }: Asked): void {
  if (output.type === 'image' && output.push === true) {
    if (names.length + (output.names ?? []).length > 0) return;
    throw new OutputError('a tag is needed when pushing to a registry', {
      hint: 'Give one with -t, or as name= of the output.',
    });
  }
  if (output.type !== 'docker' || (!several && !provenance)) return;
  const what = provenance ? 'attestations' : 'several platforms';
  throw new OutputError(`type=docker has no room for ${what}: its archives hold single images`, {
    hint: 'Use type=oci.',
  });
}
