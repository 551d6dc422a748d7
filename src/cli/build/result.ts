import { InvalidInputError } from '../../base/errors.ts';
import type { BuildRequest } from '../../engine/build-types.ts';
import { annotationsOf } from './annotations.ts';
import { type AttestationFlags, attestationsOf } from './attestations.ts';
import { type OutputContext, outputsOf } from './outputs.ts';

/** The flags that say what is to come out of a build. */
export interface ResultFlags extends AttestationFlags {
  readonly output: readonly string[];
  readonly annotation: readonly string[];
  /** Attestations refer to the image, instead of being in an index with it. */
  readonly referrers: boolean;
  /** `BUILDX_METADATA_PROVENANCE`: what the metadata file tells, `min` or `max`. */
  readonly metadata: string | undefined;
}

/** The part of a request that is about its outputs. Throws InvalidInputError. */
export function resultRequest(flags: ResultFlags, context: OutputContext): Partial<BuildRequest> {
  const outputs = outputsOf(flags.output, context);
  const annotations = flags.annotation.flatMap(annotationsOf);
  const mode = metadataMode(flags.metadata);
  return {
    ...(outputs && { outputs }),
    ...(annotations.length > 0 && { annotations }),
    ...attestationsOf(flags),
    ...(flags.referrers && { referrers: true }),
    ...(mode && { describe: { mode, version: 'v1' } }),
  };
}

function metadataMode(text: string | undefined): 'min' | 'max' | undefined {
  if (text === undefined || /^(?:|disabled|false|0)$/i.test(text)) return undefined;
  if (/^(?:min|true|1)$/i.test(text)) return 'min';
  if (text === 'max') return text;
  throw new InvalidInputError(`invalid BUILDX_METADATA_PROVENANCE: ${JSON.stringify(text)}`, {
    hint: 'It is min, max or disabled.',
  });
}
