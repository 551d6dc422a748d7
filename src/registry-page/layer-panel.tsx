import { bytes } from './format.ts';
import { FileTree } from './file-tree.tsx';
import type { ShownLayer } from './layer-list.tsx';
import { Copy, Digest, Pairs } from './parts.tsx';

/** One layer: the instruction behind it, and the files in it. */
export function LayerPanel({
  name,
  row,
  number,
}: {
  readonly name: string;
  readonly row: ShownLayer;
  readonly number: number;
}) {
  return (
    <div class="panel">
      <h3>Layer {number}</h3>
      {row.instruction !== '' && (
        <div class="whole">
          <pre tabIndex={0} aria-label="Instruction">
            {row.instruction}
          </pre>
          <Copy text={row.instruction} what="instruction" />
        </div>
      )}
      <Pairs
        rows={[
          ['Blob', <Digest key="blob" digest={row.digest} />],
          ...(row.diffId === undefined
            ? []
            : [['Diff ID', <Digest key="diff" digest={row.diffId} />] as const]),
          ['Size', `${bytes(row.size)} as it is stored`],
          ['Media type', row.mediaType],
        ]}
      />
      <FileTree name={name} layer={row.digest} />
    </div>
  );
}
