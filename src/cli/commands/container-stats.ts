import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerUse } from '../../engine/container-types.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { writeListing, type Field } from '../listing.ts';
import { dockerSetting } from '../docker-settings.ts';
import { humanSize, shortId } from '../units.ts';

const SECOND = 1000;
const CLEAR = '\x1b[H\x1b[J';

/** Two looks at one container: what it used meanwhile. */
interface Row {
  readonly now: ContainerUse;
  /** Part of one processor, in percent. */
  readonly cpu: number;
}

/** `container stats`, `stats`. */
export const containerStats = command({
  usage: '[OPTIONS] [CONTAINER...]',
  operands: [0, Number.POSITIVE_INFINITY],
  flags: {
    all: flag.toggle('Include containers that do not run', 'a'),
    format: flag.text(
      'string',
      "Form of the output: 'table', 'table TEMPLATE', 'json' or a Go template",
    ),
    'no-stream': flag.toggle('Look once'),
    'no-trunc': flag.toggle('Show IDs in full'),
  },
  endsBySignal: true,
  examples: [['What containers use now', 'stave stats --no-stream']],

  async run(context) {
    const { operands, flags, signal, stdout, engine } = context;
    const { containers } = await engine();
    const names = async (): Promise<readonly string[]> =>
      operands.length > 0
        ? operands
        : (await containers.list({ all: flags.all })).map(({ id }) => id);
    const fields = statFields(!flags['no-trunc']);
    let before = await containers.use(await names());
    do {
      await pause(SECOND, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const now = await containers.use(await names());
      const rows = now.map((one) => rowOf(one, before));
      before = now;
      if (!flags['no-stream'] && stdout.terminal) stdout.raw(CLEAR);
      await writeListing(
        context,
        { rows, fields, type: '*container.statsContext', raw: '', columns: COLUMNS },
        flags.format ?? dockerSetting(context, 'statsFormat') ?? 'table',
      );
    } while (!flags['no-stream'] && !signal.aborted);
  },
});

const COLUMNS = ['ID', 'Name', 'CPUPerc', 'MemUsage', 'MemPerc', 'NetIO', 'BlockIO', 'PIDs'];

function rowOf(now: ContainerUse, before: readonly ContainerUse[]): Row {
  const then = before.find(({ id }) => id === now.id);
  const passed = then ? now.at - then.at : 0;
  return { now, cpu: then && passed > 0 ? Math.max(0, ((now.cpu - then.cpu) / passed) * 100) : 0 };
}

function statFields(truncate: boolean): readonly Field<Row>[] {
  return [
    {
      key: 'BlockIO',
      title: 'BLOCK I/O',
      value: ({ now }) => `${humanSize(now.read)} / ${humanSize(now.written)}`,
    },
    { key: 'CPUPerc', title: 'CPU %', value: ({ cpu }) => `${cpu.toFixed(2)}%` },
    { key: 'Container', title: 'CONTAINER', value: ({ now }) => shortId(now.id) },
    {
      key: 'ID',
      title: 'CONTAINER ID',
      value: ({ now }) => (truncate ? shortId(now.id) : now.id),
    },
    {
      key: 'MemPerc',
      title: 'MEM %',
      value: ({ now }) =>
        `${(now.memoryLimit > 0 ? (now.memory / now.memoryLimit) * 100 : 0).toFixed(2)}%`,
    },
    {
      key: 'MemUsage',
      title: 'MEM USAGE / LIMIT',
      value: ({ now }) => `${binarySize(now.memory)} / ${binarySize(now.memoryLimit)}`,
    },
    { key: 'Name', title: 'NAME', value: ({ now }) => now.name },
    {
      key: 'NetIO',
      title: 'NET I/O',
      value: ({ now }) => `${humanSize(now.received)} / ${humanSize(now.sent)}`,
    },
    { key: 'PIDs', title: 'PIDS', value: ({ now }) => String(now.processes) },
  ];
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Four digits and a unit of 1024. */
function binarySize(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${Number(value.toPrecision(4))}${UNITS[unit] ?? ''}`;
}
