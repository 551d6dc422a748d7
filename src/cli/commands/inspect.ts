import { InvalidInputError, StaveError } from '../../base/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import { command, type Context } from '../command.ts';
import { ObjectNotFoundError } from '../errors.ts';
import { flag, type FlagTable } from '../flags.ts';
import { inspectObjects, type Inspected } from '../inspect-objects.ts';

const FLAGS = {
  format: flag.text('string', "Form of the output: 'json' or a Go template", 'f'),
  size: flag.toggle('Add sizes of containers', 's'),
  type: flag.text(
    'string',
    'Look for objects of this type only: container, image, network or volume',
  ),
} satisfies FlagTable;

/** `inspect`: whatever answers to the name. */
export const inspect = command({
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: FLAGS,
  examples: [
    ['The name and ID of an image', "stave inspect -f '{{.RepoTags}} {{.Id}}' app:v1"],
    ['Images alone', 'stave inspect --type image app:v1'],
  ],

  async run(context) {
    const { type = '', format } = context.flags;
    if (type !== '' && !Object.hasOwn(LOOK, type)) {
      const known = Object.keys(LOOK).map((one) => JSON.stringify(one));
      throw new InvalidInputError(
        `unknown type: ${JSON.stringify(type)}: must be one of ${known.join(', ')}`,
      );
    }
    const engine = await context.engine();
    const look = LOOK[type as keyof typeof LOOK] as Look | undefined;
    return inspectObjects(context, format, (name) =>
      look ? look(engine, name, context) : anything(engine, name, context),
    );
  },
});

type Look = (engine: Engine, name: string, context: Context<typeof FLAGS>) => Promise<Inspected>;

const LOOK: Readonly<Record<'container' | 'image' | 'network' | 'volume', Look>> = {
  async container({ containers }, name, { flags }) {
    const { containerJson, containerStruct } = await import('../container-json.ts');
    const container = await containers.inspect(name, { size: flags.size });
    return { json: containerJson(container), typed: () => containerStruct(container) };
  },
  async image({ images }, name, { flags, stderr }) {
    const { imageJson, imageStruct } = await import('../image-json.ts');
    const image = await images.inspect(name);
    if (flags.size) stderr.line('WARNING: --size ignored for image');
    return { json: imageJson(image), typed: () => imageStruct(image) };
  },
  async network({ networks }, name) {
    const { networkJson, networkStruct } = await import('../network-json.ts');
    const network = await networks.inspect(name);
    return { json: networkJson(network), typed: () => networkStruct(network) };
  },
  async volume({ volumes }, name) {
    const { volumeJson, volumeStruct } = await import('../volume-json.ts');
    const volume = await volumes.inspect(name);
    return { json: volumeJson(volume), typed: () => volumeStruct(volume) };
  },
};

/** What says that a name is not that of an image. */
const NO_IMAGE = new Set(['IMAGE_NOT_FOUND', 'INVALID_REFERENCE']);

async function anything(
  engine: Engine,
  name: string,
  context: Context<typeof FLAGS>,
): Promise<Inspected> {
  if (name === '') throw new InvalidInputError('invalid container name or ID: value is empty');
  try {
    return await LOOK.container(engine, name, context);
  } catch (error) {
    if (!(error instanceof StaveError && error.code === 'CONTAINER_NOT_FOUND')) throw error;
  }
  try {
    return await LOOK.image(engine, name, context);
  } catch (error) {
    if (!(error instanceof StaveError && NO_IMAGE.has(error.code))) throw error;
  }
  try {
    return await LOOK.network(engine, name, context);
  } catch (error) {
    if (!(error instanceof StaveError && error.code === 'NETWORK_NOT_FOUND')) throw error;
  }
  try {
    return await LOOK.volume(engine, name, context);
  } catch (error) {
    const missing = error instanceof StaveError && error.code === 'VOLUME_NOT_FOUND';
    throw missing ? new ObjectNotFoundError('object', name) : error;
  }
}
