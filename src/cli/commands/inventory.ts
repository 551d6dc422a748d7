import { command } from '../command.ts';
import { inventoryText } from '../inventory-file.ts';

/** `inventory`. */
export const inventory = command({
  usage: '',
  operands: [0, 0],
  flags: {},
  examples: [
    ['What another machine has', 'ssh host stave inventory > host.json'],
    ['Only what it lacks, sent to it', 'stave save --have host.json app:v2 | ssh host stave load'],
  ],

  async run({ engine, stdout }) {
    const { images } = await engine();
    stdout.line(inventoryText(await images.inventory()));
  },
});
