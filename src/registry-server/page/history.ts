import type { Descriptor } from '../../oci/descriptor.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { HistoryStep, LayerRow } from './api-types.ts';

/** Steps that are shown, and characters of each. */
const STEPS = 2000;
const TEXT = 8192;

/** Which step of the history made which layer. */
export interface Mapped {
  readonly layers: readonly LayerRow[];
  readonly history: readonly HistoryStep[];
  readonly isHistoryOdd: boolean;
}

/**
 * Brings history and layers together: a step makes the next layer unless it says that it made
 * none. Where the numbers differ nobody can tell which step is which, so none is named.
 */
export function mapHistory(layers: readonly Descriptor[], config: ImageConfig | undefined): Mapped {
  const steps = (config?.history ?? []).slice(0, STEPS);
  const making = steps.flatMap(({ empty_layer: isEmpty }, at) => (isEmpty === true ? [] : [at]));
  const fits = making.length === layers.length;
  const layerOf = new Map(fits ? making.map((step, layer) => [step, layer]) : []);
  const diffIds = config?.rootfs.diff_ids ?? [];
  return {
    layers: layers.map(({ digest, mediaType, size }, at) => {
      const step = fits ? making[at] : undefined;
      const diffId = diffIds.length === layers.length ? diffIds[at] : undefined;
      return {
        digest,
        mediaType,
        size,
        ...(diffId !== undefined && { diffId }),
        ...(step !== undefined && { step }),
      };
    }),
    history: steps.map((step, at) => {
      const layer = layerOf.get(at);
      return {
        instruction: instructionOf(step.created_by ?? ''),
        ...(step.created !== undefined && { created: step.created.slice(0, TEXT) }),
        ...(step.comment !== undefined && { comment: step.comment.slice(0, TEXT) }),
        ...(layer !== undefined && { layer }),
      };
    }),
    isHistoryOdd: steps.length > 0 && !fits,
  };
}

/** What `created_by` says, as a Dockerfile would say it: builders wrap it in several ways. */
export function instructionOf(text: string): string {
  const short = text.slice(0, TEXT).trim();
  const bare = short.replace(/\s+# buildkit$/, '');
  const [, nothing] = /^\/bin\/sh -c #\(nop\)\s+(.*)$/s.exec(bare) ?? [];
  if (nothing !== undefined) return nothing.trim();
  const [, args, shell] = /^(?:RUN )?\|\d+ (.*?)\s*\/bin\/sh -c (.*)$/s.exec(bare) ?? [];
  if (shell !== undefined) return `RUN ${shell.trim()}${args === '' ? '' : `  # ${args}`}`;
  const [, command] = /^(?:RUN )?\/bin\/sh -c (.*)$/s.exec(bare) ?? [];
  return command === undefined ? bare : `RUN ${command.trim()}`;
}
