/** A figure with its labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly value: number;
}

/**
 * Figures of one name in the text format of Prometheus.
 *
 * @see https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
 */
export function family(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly Sample[],
): string {
  return head(name, type, help) + samples.map((sample) => line(name, sample)).join('');
}

/** How often something took how long. */
export interface Distribution {
  readonly labels: Readonly<Record<string, string>>;
  /** One count for each bound, and one for what is above all. Not added up. */
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

/** A histogram in the text format; `bounds` are the upper bounds of the counts. */
export function histogram(
  name: string,
  help: string,
  bounds: readonly number[],
  distributions: readonly Distribution[],
): string {
  let text = head(name, 'histogram', help);
  for (const { labels, counts, sum } of distributions) {
    let total = 0;
    for (const [index, bound] of [...bounds, Infinity].entries()) {
      total += counts[index] ?? 0;
      const le = bound === Infinity ? '+Inf' : String(bound);
      text += line(`${name}_bucket`, { labels: { ...labels, le }, value: total });
    }
    text += line(`${name}_sum`, { labels, value: sum });
    text += line(`${name}_count`, { labels, value: total });
  }
  return text;
}

function head(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function line(name: string, { labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
