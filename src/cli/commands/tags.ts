import { command } from '../command.ts';

/** `tags`. */
export const tags = command({
  usage: 'NAME',
  operands: [1, 1],
  flags: {},
  examples: [['What a registry has of an image', 'stave tags alpine', 'a registry']],

  async run({ operands: [name = ''], engine, stdout, signal }) {
    const { registries } = await engine();
    for await (const tag of registries.tags(name, { signal })) stdout.line(tag);
  },
});
