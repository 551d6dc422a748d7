import type { Explanation } from '../../engine/understand-types.ts';
import { command } from '../command.ts';
import { LimitError } from '../errors.ts';
import { percent, writeExplanation } from '../explanation-text.ts';
import { flag } from '../flags.ts';
import { percentage, shownBytes } from '../limits.ts';
import { platformOption } from '../platform-flag.ts';
import { humanSize } from '../units.ts';

const TOP = 10;

/** `image explain`. */
export const imageExplain = command({
  usage: '[OPTIONS] IMAGE',
  operands: [1, 1],
  flags: {
    format: flag.choice(['text', 'json'], "Form of the output: 'text' or 'json'"),
    'max-size': flag.limit('Fail when the files in all layers are larger', (text) => ({
      text,
      bytes: shownBytes(text),
    })),
    'max-waste': flag.limit(
      'Fail when more is wasted: a size or a percentage of the image',
      (text) => {
        const share = percentage(text);
        const bytes = share === undefined ? shownBytes(text) : undefined;
        return { text, share, bytes };
      },
    ),
    'min-score': flag.limit('Fail when the score is lower: a percentage', readScore),
    platform: flag.text('string', 'Of an image for several platforms, the one to explain'),
    top: flag.number('int', 'Rows of each list at most (default 10)'),
  },
  examples: [
    ['Where its bytes are, and what to change', 'stave explain app:v1'],
    ['In CI: fail when more than 20 MB are wasted', 'stave explain --max-waste 20MB app:v1'],
    ['All of it, for programs', 'stave explain --format json app:v1'],
  ],

  async run(context) {
    const { flags, operands, stdout, signal } = context;
    const [name = ''] = operands;
    const top = Math.max(0, flags.top ?? TOP);
    const { images } = await context.engine();
    const explained = await images.explain(name, {
      signal,
      top,
      ...platformOption(flags.platform),
    });
    if (flags.format === 'json') stdout.line(JSON.stringify(explained, undefined, 2));
    else writeExplanation(context, explained, name, top);
    const largest = flags['max-size'];
    if (largest && explained.size > largest.bytes) {
      throw new LimitError(`${name} has ${humanSize(explained.size)}, more than ${largest.text}`);
    }
    checkWaste(name, explained, flags['max-waste']);
    const least = flags['min-score'];
    if (least !== undefined && explained.score < least) {
      throw new LimitError(
        `${name} has a score of ${percent(explained.score)}, less than ${percent(least)}`,
      );
    }
  },
});

/** `90`, `90%` and `0.9` are the same; 1 and less are shares. */
function readScore(text: string): number {
  const share = percentage(text) ?? Number(text);
  const score = text.endsWith('%') || share <= 1 ? share : share / 100;
  if (!(score >= 0 && score <= 1) || text.trim() === '') {
    throw new RangeError(`invalid score: '${text}'`);
  }
  return score;
}

function checkWaste(
  name: string,
  { wasted, size }: Explanation,
  limit:
    | {
        readonly text: string;
        readonly share: number | undefined;
        readonly bytes: number | undefined;
      }
    | undefined,
): void {
  if (!limit) return;
  const most = limit.bytes ?? (limit.share ?? 0) * size;
  if (wasted <= most) return;
  const share = percent(wasted / size);
  throw new LimitError(`${name} wastes ${humanSize(wasted)} (${share}), more than ${limit.text}`);
}
