import { Exit, InvalidInputError } from '../../base/errors.ts';
import type { EventFilter, StaveEvent } from '../../engine/event-types.ts';
import { command } from '../command.ts';
import { type FilterPair, grouped, parseTime } from '../filters.ts';
import { flag } from '../flags.ts';
import { nanoTime } from '../times.ts';
import { visibleCell } from '../visible.ts';

/** Kinds of things that Docker has events of, and stave has not. */
const OTHERS = ['config', 'daemon', 'node', 'plugin', 'secret', 'service'];

const KEYS: readonly string[] = [
  'container',
  'event',
  'image',
  'label',
  'network',
  'scope',
  'type',
  'volume',
];

/** `system events`, `events`. */
export const events = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    filter: flag.filter("Only what passes, such as 'type=image' or 'event=tag'", 'f', KEYS),
    format: flag.text('string', "Form of the output: 'json' or a Go template"),
    since: flag.text('string', 'Begin with what happened then: a time, or how long ago'),
    until: flag.text('string', 'End with what happened then'),
  },
  examples: [
    ['What happens to images, as it happens', 'stave events --filter type=image', 'an end'],
    ['The last hour, one JSON object a line', 'stave events --since 1h --until 0s --format json'],
    [
      'When a container ended, and how',
      'stave events --since 24h --until 0s -f event=die --format json',
    ],
  ],

  async run({ flags, stdout, clock, signal, engine }) {
    const now = clock.now();
    const since = flags.since === undefined ? undefined : parseTime(flags.since, now);
    const until = flags.until === undefined ? undefined : parseTime(flags.until, now);
    if (since && until && since > until) {
      const [from, to] = [since, until].map((time) => Math.floor(time.getTime() / 1000));
      throw new InvalidInputError(
        `\`since\` time (${from}) cannot be after \`until\` time (${to})`,
      );
    }
    const filter = filterOf(flags.filter);
    const line = flags.format ? await formatter(flags.format) : lineOf;
    const { system } = await engine();
    const request = { filter, signal, ...(since && { since }), ...(until && { until }) };
    for await (const event of system.events(request)) stdout.line(line(event));
  },
});

function filterOf(pairs: readonly FilterPair[]): EventFilter {
  const values = grouped(pairs, [...KEYS, ...OTHERS]);
  const other = [
    ...OTHERS.filter((key) => values.has(key)),
    // Everything here is local.
    ...(values.get('scope') ?? ['local']).filter((scope) => scope !== 'local'),
  ];
  const of = <K extends keyof EventFilter>(key: string, as: K): Pick<EventFilter, K> => {
    const list = values.get(key);
    return (list ? { [as]: list } : {}) as Pick<EventFilter, K>;
  };
  return {
    ...of('type', 'type'),
    ...of('event', 'action'),
    ...of('image', 'image'),
    ...of('container', 'container'),
    ...of('label', 'label'),
    ...of('network', 'network'),
    ...of('volume', 'volume'),
    other,
  };
}

/** Docker's line: time, what happened to what, and the attributes by name. */
function lineOf({ at, type, action, actor, attributes }: StaveEvent): string {
  const pairs = Object.keys(attributes)
    .sort()
    // Labels come from outside: none may look like another event.
    .map((key) => visibleCell(`${key}=${attributes[key]}`));
  const told = pairs.length > 0 ? ` (${pairs.join(', ')})` : '';
  return `${nanoTime(at)} ${type} ${action} ${actor}${told}`;
}

/** A template is tried before anything happens: what is wrong with it is told at once. */
async function formatter(format: string): Promise<(event: StaveEvent) => string> {
  const [{ formatEvent }, { TemplateError }] = await Promise.all([
    import('../event-struct.ts'),
    import('../template/errors.ts'),
  ]);
  try {
    return formatEvent(format);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new InvalidInputError(`Error parsing format: template: ${error.reason}`, {
      exitCode: Exit.template,
      cause: error,
    });
  }
}
