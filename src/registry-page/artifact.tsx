import { useState } from 'preact/hooks';
import type { LayerRow } from '../registry-server/page/api-types.ts';
import { all, askText } from './api.ts';
import { bytes, shown } from './format.ts';
import { asRefusal } from './load.ts';
import { Digest, Section } from './parts.tsx';

/** What is shown as text, at most, in bytes. */
const TEXT_LIMIT = 256 * 1024;
const TEXTUAL = /json|text|yaml|xml|toml/;

/** The contents of an artifact. */
export function ArtifactContent({
  name,
  layers,
}: {
  readonly name: string;
  readonly layers: readonly LayerRow[];
}) {
  return (
    <Section title="Content">
      {layers.length === 0 && <p>Nothing but its annotations.</p>}
      <ul class="rows slim">
        {layers.map((layer) => (
          <Blob key={layer.digest} name={name} layer={layer} />
        ))}
      </ul>
    </Section>
  );
}

function Blob({ name, layer }: { readonly name: string; readonly layer: LayerRow }) {
  const [text, setText] = useState<string>();
  const { digest, mediaType, size } = layer;
  const show = async (): Promise<void> => {
    try {
      setText(tidy(await askText(`/v2/${name}/blobs/${digest}`, all(name))));
    } catch (error) {
      setText(asRefusal(error).message);
    }
  };
  return (
    <li class="tall">
      <span class="main break">{shown(mediaType)}</span>
      <span class="aside">
        <Digest digest={digest} />
        <span class="number">{bytes(size)}</span>
        {size <= TEXT_LIMIT && TEXTUAL.test(mediaType) && text === undefined && (
          <button type="button" class="copy" onClick={() => void show()}>
            Show
          </button>
        )}
      </span>
      {text !== undefined && (
        <pre class="text" tabIndex={0} aria-label="Content">
          {text}
        </pre>
      )}
    </li>
  );
}

function tidy(text: string): string {
  try {
    return shown(JSON.stringify(JSON.parse(text), undefined, 2));
  } catch {
    return shown(text);
  }
}
