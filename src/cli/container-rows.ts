import type { ContainerSummary } from '../engine/container-types.ts';
import type { Field } from './listing.ts';
import { portsText } from './ports-text.ts';
import { ago, goTimeWriter } from './times.ts';
import { ellipsis, humanDuration, humanSize, shortId } from './units.ts';

const COMMAND_WIDTH = 20;
const MOUNT_WIDTH = 15;

/** The block of `ps --format raw`. */
export const PS_RAW = [
  'container_id: {{.ID}}',
  'image: {{.Image}}',
  'command: {{.Command}}',
  'created_at: {{.CreatedAt}}',
  'state: {{.State}}',
  'status: {{.Status}}',
  'names: {{.Names}}',
  'labels: {{.Labels}}',
  'ports: {{- pad .Ports 1 0}}',
  '',
].join('\n');

/** The fields of `ps`. */
export function containerFields(options: {
  readonly truncate: boolean;
  readonly now: Date;
}): readonly Field<ContainerSummary>[] {
  const { truncate, now } = options;
  const timeText = goTimeWriter();
  return [
    {
      key: 'Command',
      title: 'COMMAND',
      value: ({ command }) => `"${truncate ? ellipsis(command, COMMAND_WIDTH) : command}"`,
    },
    { key: 'CreatedAt', title: 'CREATED AT', value: ({ created }) => timeText(created) },
    { key: 'ID', title: 'CONTAINER ID', value: ({ id }) => (truncate ? shortId(id) : id) },
    {
      key: 'Image',
      title: 'IMAGE',
      value: ({ image }) => (truncate && image.startsWith('sha256:') ? shortId(image) : image),
    },
    {
      key: 'Label',
      title: 'LABEL',
      hidden: true,
      value: ({ labels }) => ({
        kind: 'method',
        params: ['string'],
        call: ([name]) =>
          typeof name === 'string' && Object.hasOwn(labels, name) ? labels[name] : '',
      }),
    },
    {
      key: 'Labels',
      title: 'LABELS',
      value: ({ labels }) =>
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .sort()
          .join(','),
    },
    {
      key: 'LocalVolumes',
      title: 'LOCAL VOLUMES',
      value: ({ mounts }) => String(mounts.filter(({ type }) => type === 'volume').length),
    },
    {
      key: 'Mounts',
      title: 'MOUNTS',
      value: ({ mounts }) =>
        mounts
          .map(({ name, source }) =>
            truncate ? ellipsis(name ?? source, MOUNT_WIDTH) : (name ?? source),
          )
          .join(','),
    },
    { key: 'Names', title: 'NAMES', value: ({ name }) => name },
    { key: 'Networks', title: 'NETWORKS', value: ({ networks }) => networks.join(',') },
    { key: 'Platform', title: 'PLATFORM', value: () => null },
    { key: 'Ports', title: 'PORTS', value: portsText },
    { key: 'RunningFor', title: 'CREATED', value: ({ created }) => ago(created, now) },
    {
      key: 'Size',
      title: 'SIZE',
      value: ({ size }) =>
        size ? `${humanSize(size.written)} (virtual ${humanSize(size.whole)})` : '0B',
    },
    { key: 'State', title: 'STATE', value: ({ state }) => state },
    { key: 'Status', title: 'STATUS', value: (row) => statusText(row, now) },
  ];
}

/** `Up 5 seconds`, `Exited (137) 3 seconds ago`, `Created`. */
function statusText(
  { state, started, finished, exitCode, healthStatus, unmonitored }: ContainerSummary,
  now: Date,
): string {
  switch (state) {
    case 'created':
      return 'Created';
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'restarting':
      return `Restarting (${exitCode ?? 0}) ${ago(finished ?? now, now)}`;
    case 'paused':
      return `Up ${humanDuration(now.getTime() - (started ?? now).getTime())} (Paused)`;
    case 'running':
      return `Up ${humanDuration(now.getTime() - (started ?? now).getTime())}${unmonitored ? ' (unmonitored)' : healthText(healthStatus)}`;
    case 'exited':
      return `Exited (${exitCode ?? 0}) ${ago(finished ?? now, now)}`;
  }
}

function healthText(status: ContainerSummary['healthStatus']): string {
  if (status === undefined) return '';
  return status === 'starting' ? ' (health: starting)' : ` (${status})`;
}
