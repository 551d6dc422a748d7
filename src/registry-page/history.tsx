import type { ImageDetails } from '../registry-server/page/api-types.ts';
import { bytes, shown } from './format.ts';
import { tone } from './layer-list.tsx';
import { Section, Time } from './parts.tsx';

/** All steps that made an image, those without a layer too. */
export function History({ image }: { readonly image: ImageDetails }) {
  const { history, layers } = image;
  if (history.length === 0) return null;
  return (
    <Section title="History" note={`${history.length} steps, the first one first`}>
      <ol class="history">
        {history.map((step, at) => {
          const layer = step.layer === undefined ? undefined : layers[step.layer];
          return (
            <li key={at} class={layer ? '' : 'empty'}>
              <span
                class={`spot ${step.layer === undefined ? '' : tone(step.layer)}`}
                aria-hidden="true"
              />
              <code class="instruction">
                {step.instruction === ''
                  ? shown(step.comment ?? 'unknown')
                  : shown(step.instruction)}
              </code>
              <span class="aside">
                <span class="number">
                  {layer && step.layer !== undefined
                    ? `layer ${step.layer + 1}, ${bytes(layer.size)}`
                    : 'no layer'}
                </span>
                {step.created !== undefined && <Time at={step.created} />}
              </span>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}
