import { command } from '../command.ts';

/** `container rename`, `rename`. */
export const containerRename = command({
  usage: 'CONTAINER NEW_NAME',
  operands: [2, 2],
  flags: {},
  examples: [['Give a container another name', 'stave rename web1 old-web', 'a container']],

  async run({ operands: [name = '', wanted = ''], engine }) {
    const { containers } = await engine();
    await containers.rename(name, wanted);
  },
});
