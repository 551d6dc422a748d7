import type { ImageLayers, TreeLayer } from '../../engine/understand-types.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { layerPlace } from '../origin-text.ts';
import { platformOption } from '../platform-flag.ts';
import { humanSize, shortId } from '../units.ts';

/** `image tree`. */
export const imageTree = command({
  usage: '[OPTIONS] IMAGE',
  operands: [1, 1],
  flags: {
    format: flag.choice(['text', 'json'], "Form of the output: 'text' or 'json'"),
    'no-trunc': flag.toggle('Show IDs in full'),
    platform: flag.text('string', 'Of an image for several platforms, the one to show'),
    shared: flag.toggle('At each layer, the other images that have it'),
  },
  examples: [
    ['The layers of an image, and the images that end with each', 'stave image tree app:v1'],
    ['Which images share which of its layers', 'stave image tree --shared app:v1'],
  ],

  async run({ engine, flags, operands, stdout }) {
    const [name = ''] = operands;
    const { images } = await engine();
    const tree = await images.layers(name, platformOption(flags.platform).platform);
    if (flags.format === 'json') {
      stdout.line(JSON.stringify(tree, undefined, 2));
      return;
    }
    const id = (text: string): string => (flags['no-trunc'] ? text : shortId(text));
    stdout.line(`Image ID: ${id(tree.id)}`);
    stdout.line(`Tags:     [${tree.tags.join(' ')}]`);
    stdout.line(`Size:     ${humanSize(tree.size)}`);
    if (flags.shared) stdout.line(`Shared:   ${sharedSize(tree)}`);
    stdout.line('Image Layers');
    for (const [at, layer] of tree.layers.entries()) {
      const isLast = at === tree.layers.length - 1;
      stdout.line(`${isLast ? '└── ' : '├── '}${layerLine(layer, id)}`);
      if (!flags.shared) continue;
      for (const other of layer.sharedWith) {
        stdout.line(`${isLast ? '    ' : '│   '}    ${shown(other, id)}`);
      }
    }
  },
});

/** `ID: 3f2c… Size: 12MB  Dockerfile:3  Top Layer of: [app:v1]`. */
function layerLine(layer: TreeLayer, id: (text: string) => string): string {
  const { diffId, size, topOf } = layer;
  const place = layerPlace(layer);
  const names = topOf.map((name) => shown(name, id)).join(' ');
  return [
    `ID: ${id(diffId)} Size: ${humanSize(size).padStart(6)}`,
    ...(place ? [place] : []),
    ...(names ? [`Top Layer of: [${names}]`] : []),
  ].join('  ');
}

function shown(name: string, id: (text: string) => string): string {
  return name.startsWith('sha256:') ? id(name) : name;
}

/** `12MB with other images, 3MB its own`. */
function sharedSize({ layers }: ImageLayers): string {
  const sum = (some: readonly TreeLayer[]): string =>
    humanSize(some.reduce((bytes, { size }) => bytes + size, 0));
  const shared = layers.filter(({ sharedWith }) => sharedWith.length > 0);
  const own = layers.filter(({ sharedWith }) => sharedWith.length === 0);
  return `${sum(shared)} with other images, ${sum(own)} its own`;
}
