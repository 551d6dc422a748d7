import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { inspectObjects } from '../inspect-objects.ts';
import { volumeJson, volumeStruct } from '../volume-json.ts';

/** `volume inspect`. */
export const volumeInspect = command({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: { format: flag.text('string', "Form of the output: 'json' or a Go template", 'f') },
  examples: [
    ['Where its files are', "stave volume inspect -f '{{.Mountpoint}}' data", 'a volume data'],
  ],

  async run(context) {
    const { volumes } = await context.engine();
    return inspectObjects(context, context.flags.format, async (name) => {
      const volume = await volumes.inspect(name);
      return { json: volumeJson(volume), typed: () => volumeStruct(volume) };
    });
  },
});
