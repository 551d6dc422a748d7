import { UsageError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { parseTime } from '../filters.ts';

/** `container logs`, `logs`. */
export const containerLogs = command({
  usage: '[OPTIONS] CONTAINER',
  operands: [1, 1],
  flags: {
    details: flag.toggle('Show what --log-opt adds'),
    follow: flag.toggle('Go on until it has ended', 'f'),
    since: flag.text('string', 'From this time on, or from so long ago: "10m"'),
    tail: flag.text('string', 'So many of the last lines (default: all)', 'n'),
    timestamps: flag.toggle('Show when it was said', 't'),
    until: flag.text('string', 'Up to this time, or up to so long ago'),
  },
  endsBySignal: true,
  examples: [['What a container said last', 'stave logs -n 20 web1', 'a container']],

  async run({ operands: [name = ''], flags, engine, stdout, stderr, signal, clock }) {
    const { containers } = await engine();
    const now = clock.now();
    const { since, until, tail } = flags;
    if (tail !== undefined && tail !== 'all' && !/^-?\d+$/.test(tail)) {
      throw new UsageError(`invalid value for "--tail": ${tail} is not a number`, { exitCode: 1 });
    }
    const lines =
      tail === undefined || tail === 'all' || tail.startsWith('-') ? undefined : Number(tail);
    const details = flags.details
      ? (await containers.inspect(name)).settings.logOptions
      : undefined;
    const extra = Object.entries(details ?? {})
      .filter(([key]) => key === 'tag')
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const entries = await containers.logs(name, {
      signal,
      follow: flags.follow,
      ...(lines !== undefined && { tail: lines }),
      ...(since !== undefined && { since: parseTime(since, now) }),
      ...(until !== undefined && { until: parseTime(until, now) }),
    });
    for await (const { stream, time, data } of entries) {
      const head = [...(flags.timestamps ? [time] : []), ...(extra === '' ? [] : [extra])];
      const out = stream === 'stdout' ? stdout : stderr;
      if (head.length > 0) out.raw(`${head.join(' ')} `);
      out.raw(data);
    }
  },
});
