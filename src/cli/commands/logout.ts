import { command } from '../command.ts';

/** `logout`. */
export const logout = command({
  usage: '[SERVER]',
  operands: [0, 1],
  flags: {},
  examples: [
    ['From Docker Hub', 'stave logout'],
    ['From another registry', 'stave logout registry.example.com'],
  ],

  async run({ operands: [server], engine, stdout }) {
    const { registries } = await engine();
    const name = await registries.named(server);
    const shown = name === 'docker.io' ? 'https://index.docker.io/v1/' : name;
    stdout.line(`Removing login credentials for ${shown}`);
    await registries.logout(server);
  },
});
