import { useEffect, useRef, useState } from 'preact/hooks';
import { bytes } from './format.ts';
import { type LayersProps, type ShownLayer, tone } from './layer-list.tsx';
import { layOut, neighbour } from './treemap-layout.ts';

const ARROWS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'] as const;

/** The layers as areas. One of them is in the order of focus; arrows go to the others. */
export function Treemap({ rows, chosen, onChoose }: LayersProps) {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [current, setCurrent] = useState<number>();
  useEffect(() => {
    const { current: element } = box;
    if (!element) return undefined;
    const watch = new ResizeObserver(() => {
      setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const cells =
    size.width === 0
      ? []
      : layOut(
          rows.map((row) => row.size),
          size.width,
          size.height,
        );
  const focused = current ?? chosen ?? cells[0]?.at ?? 0;
  const go = (at: number): void => {
    setCurrent(at);
    box.current?.querySelector<HTMLElement>(`[data-at="${at}"]`)?.focus();
  };
  const press = (event: KeyboardEvent): void => {
    const key = ARROWS.find((one) => one === event.key);
    if (key) go(neighbour(cells, focused, key));
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(rows.length - 1);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={box}
      class="treemap"
      role="group"
      aria-label="Layers by size. Arrow keys go from layer to layer; the list below says the same."
      onKeyDown={press}
    >
      {cells.map(({ at, left, top, width, height }) => {
        const row = rows[at];
        return (
          row && (
            <button
              key={at}
              type="button"
              data-at={at}
              class={`cell ${tone(at)}${at === chosen ? ' chosen' : ''}`}
              style={{ left: px(left), top: px(top), width: px(width), height: px(height) }}
              tabIndex={at === focused ? 0 : -1}
              aria-pressed={at === chosen}
              aria-label={label(row, at, rows.length)}
              title={label(row, at, rows.length)}
              onFocus={() => setCurrent(at)}
              onClick={() => onChoose(at)}
            >
              {width > 90 && height > 44 ? (
                <>
                  <b>{bytes(row.size)}</b>
                  <span>{row.instruction === '' ? `Layer ${at + 1}` : row.instruction}</span>
                </>
              ) : (
                width > 24 && height > 20 && <b>{at + 1}</b>
              )}
            </button>
          )
        );
      })}
    </div>
  );
}

function px(length: number): string {
  return `${length}px`;
}

function label(row: ShownLayer, at: number, of: number): string {
  const sharing = row.uses > 1 ? `, in ${row.uses} images` : '';
  return `Layer ${at + 1} of ${of}, ${bytes(row.size)}${sharing}: ${row.instruction.slice(0, 300)}`;
}
