import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { platformOption } from '../platform-flag.ts';
import { imageJson, imageStruct } from '../image-json.ts';
import { inspectObjects } from '../inspect-objects.ts';

/** `image inspect`. */
export const imageInspect = command({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {
    format: flag.text('string', "Form of the output: 'json' or a Go template", 'f'),
    platform: flag.text('string', 'Of an image for several platforms, the one to show'),
  },
  examples: [
    ['Everything about an image', 'stave image inspect app:v1'],
    ['Its layers', "stave image inspect -f '{{json .RootFS.Layers}}' app:v1"],
  ],

  async run(context) {
    const { images } = await context.engine();
    const { platform } = platformOption(context.flags.platform);
    return inspectObjects(context, context.flags.format, async (name) => {
      const image = await images.inspect(name, platform);
      return { json: imageJson(image), typed: () => imageStruct(image) };
    });
  },
});
