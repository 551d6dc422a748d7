import type { ProgressSink } from '../../base/progress.ts';
import type { Output } from '../output.ts';

/** How progress is shown. `rawjson`: one event per line. */
export type ProgressMode = 'tty' | 'plain' | 'rawjson' | 'quiet';

/** Shows events. Leaving its scope finishes the display: failures and warnings come last. */
export interface Renderer extends Disposable {
  readonly sink: ProgressSink;
  /** Leaves the terminal to somebody else until that is disposed of; what comes meanwhile waits. */
  pause(): Disposable;
}

/** What the rewriting display needs to know of its terminal. */
export interface TerminalTraits {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

/** Opens the display for a mode. Renderers are loaded when they are used. */
export async function openRenderer(
  mode: ProgressMode,
  out: Output,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Renderer> {
  switch (mode) {
    case 'tty': {
      const { ttyRenderer } = await import('./tty.ts');
      return ttyRenderer(out, () => ({
        // A terminal that does not know its size says 0.
        columns: process.stderr.columns || 80,
        rows: process.stderr.rows || 24,
        colour: (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
      }));
    }
    case 'plain': {
      const { plainRenderer } = await import('./plain.ts');
      return plainRenderer(out);
    }
    case 'rawjson':
      return {
        // One that reads events is no person at the terminal.
        sink: (event) => out.raw(`${JSON.stringify(event)}\n`),
        pause: unpaused,
        [Symbol.dispose]: () => {},
      };
    case 'quiet':
      return { sink: () => {}, pause: unpaused, [Symbol.dispose]: () => {} };
  }
}

/** Of displays that share the terminal with nobody. */
export function unpaused(): Disposable {
  return { [Symbol.dispose]: () => {} };
}

/** Shows warnings and nothing else, as lines: what a foreground container has to say is its own. */
export function warningLines(out: Output): ProgressSink {
  return (event) => {
    if (event.type !== 'warning') return;
    out.line(`WARNING: ${event.message}${event.hint === undefined ? '' : ` (${event.hint})`}`);
  };
}

/**
 * The display of short transfers (`load`, `save`, `import`): on a terminal only, so that a
 * script's log stays as Docker's. Warnings are shown everywhere.
 */
export async function openTransferRenderer(
  out: Output,
  env: Readonly<Record<string, string | undefined>>,
  quiet = false,
): Promise<Renderer> {
  if (!quiet && out.terminal) return openRenderer('tty', out, env);
  return { sink: warningLines(out), pause: unpaused, [Symbol.dispose]: () => {} };
}
