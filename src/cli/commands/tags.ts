import { command } from '../command.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

/** `tags`. */
export const tags = command({
  usage: '[OPTIONS] NAME',
  operands: [1, 1],
  flags: REACH_FLAGS,
  examples: [['What a registry has of an image', 'stave tags alpine', 'a registry']],

  async run(context) {
    const {
      operands: [name = ''],
      engine,
      stdout,
      signal,
    } = context;
    const { registries } = await engine(reach(context));
    for await (const tag of registries.tags(name, { signal })) stdout.line(tag);
  },
});
