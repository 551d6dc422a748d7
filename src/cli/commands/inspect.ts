import { StaveError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { ObjectNotFoundError } from '../errors.ts';
import { flag } from '../flags.ts';
import { imageJson, imageStruct } from '../image-json.ts';
import { inspectObjects } from '../inspect-objects.ts';

/** `inspect`: whatever answers to the name. */
export const inspect = command({
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {
    format: flag.text('string', "Form of the output: 'json' or a Go template", 'f'),
    size: flag.toggle('Add sizes of containers', 's'),
    type: flag.choice(
      ['container', 'image', 'volume', 'network'],
      'Look for objects of this type only',
    ),
  },
  examples: [['The name and ID of an image', "stave inspect -f '{{.RepoTags}} {{.Id}}' app:v1"]],

  async run(context) {
    const { type, format } = context.flags;
    const { images } = await context.engine();
    return inspectObjects(context, format, async (name) => {
      // Images are the only objects that can be shown so far.
      if (type !== undefined && type !== 'image') throw new ObjectNotFoundError(type, name);
      try {
        const image = await images.inspect(name);
        return { json: imageJson(image), typed: () => imageStruct(image) };
      } catch (error) {
        const missing = error instanceof StaveError && error.code === 'IMAGE_NOT_FOUND';
        throw missing && type === undefined ? new ObjectNotFoundError('object', name) : error;
      }
    });
  },
});
