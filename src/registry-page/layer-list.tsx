import type { LayerRow } from '../registry-server/page/api-types.ts';
import { bytes } from './format.ts';

/** A layer with what is known of it besides. */
export interface ShownLayer extends LayerRow {
  /** How many images of the repository need it. */
  readonly uses: number;
  /** Empty when nobody knows. */
  readonly instruction: string;
}

/** What the layers' pictures and lists need. */
export interface LayersProps {
  readonly rows: readonly ShownLayer[];
  readonly chosen: number | undefined;
  readonly onChoose: (at: number) => void;
}

/** The colour of a layer, the same in all places. */
export function tone(at: number): string {
  return `tone${at % 8}`;
}

/** The layers as a list: all that the picture says, in words. */
export function LayerList({
  rows,
  total,
  chosen,
  onChoose,
}: LayersProps & { readonly total: number }) {
  return (
    <ol class="layers" aria-label="Layers, the lowest first">
      {rows.map((row, at) => (
        <li key={at}>
          <button
            type="button"
            aria-expanded={at === chosen}
            class={at === chosen ? 'chosen' : ''}
            onClick={() => onChoose(at)}
          >
            <span class={`spot ${tone(at)}`} aria-hidden="true" />
            <span class="number">{at + 1}</span>
            <code class="instruction">
              {row.instruction === '' ? row.mediaType : row.instruction}
            </code>
            <span class="aside">
              {row.uses > 1 && <span class="chip">in {row.uses} images</span>}
              <span class="number">{bytes(row.size)}</span>
              <span class="number share">
                {total === 0 ? '' : `${Math.round((row.size / total) * 100)} %`}
              </span>
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
