import { useState } from 'preact/hooks';
import type { ImageDetails } from '../registry-server/page/api-types.ts';
import { bytes, count, shown } from './format.ts';
import { History } from './history.tsx';
import { LayerList } from './layer-list.tsx';
import { LayerPanel } from './layer-panel.tsx';
import { Pairs, Section, Time } from './parts.tsx';
import { say } from './say.ts';
import { Treemap } from './treemap.tsx';

/** What an image is made of. */
export function ImageParts({
  name,
  image,
  shared,
}: {
  readonly name: string;
  readonly image: ImageDetails;
  /** How many images of the repository need a blob, for those that more than one needs. */
  readonly shared: Readonly<Record<string, number>> | undefined;
}) {
  const [chosen, setChosen] = useState<number>();
  const { layers, history } = image;
  const uses = (digest: string): number =>
    shared && Object.hasOwn(shared, digest) ? (shared[digest] ?? 1) : 1;
  const rows = layers.map((layer) => ({
    ...layer,
    uses: uses(layer.digest),
    instruction: shown(layer.step === undefined ? '' : (history[layer.step]?.instruction ?? '')),
  }));
  const total = rows.reduce((sum, { size }) => sum + size, 0);
  const unique = rows.reduce((sum, row) => sum + (row.uses > 1 ? 0 : row.size), 0);
  const choose = (at: number): void => {
    setChosen(at === chosen ? undefined : at);
    say(at === chosen ? 'No layer chosen' : `Layer ${at + 1} chosen: its files are below the list`);
  };
  const layer = chosen === undefined ? undefined : rows[chosen];
  return (
    <>
      <Section
        title="Layers"
        note={
          <>
            {count(layers.length, 'layer')}, {bytes(total)}
            {shared && `: ${bytes(unique)} of its own, ${bytes(total - unique)} shared`}
          </>
        }
      >
        {layers.length === 0 && <p>This image has no layers.</p>}
        {total > 0 && <Treemap rows={rows} chosen={chosen} onChoose={choose} />}
        {image.isHistoryOdd && (
          <p class="note">
            The history speaks of another number of layers, so nobody can tell which step made
            which.
          </p>
        )}
        <LayerList rows={rows} total={total} chosen={chosen} onChoose={choose} />
        {layer && chosen !== undefined && (
          <LayerPanel key={layer.digest} name={name} row={layer} number={chosen + 1} />
        )}
      </Section>
      <History image={image} />
      <Section
        title="Configuration"
        note={
          image.created !== undefined && (
            <>
              made <Time at={image.created} />
            </>
          )
        }
      >
        <Pairs
          rows={[
            ...(image.platform === undefined ? [] : [['Platform', image.platform] as const]),
            ...(image.author === undefined ? [] : [['Author', shown(image.author)] as const]),
            ...image.settings.map(
              ([key, values]) =>
                [
                  key,
                  <ul class="values" key={key}>
                    {values.map((value, at) => (
                      <li key={at}>
                        <code>{shown(value)}</code>
                      </li>
                    ))}
                  </ul>,
                ] as const,
            ),
          ]}
        />
        {image.labels.length > 0 && (
          <>
            <h3>Labels</h3>
            <Pairs rows={image.labels.map(([key, value]) => [key, shown(value)] as const)} />
          </>
        )}
      </Section>
    </>
  );
}
