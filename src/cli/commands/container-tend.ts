import { openEngine } from '../../engine/open-engine.ts';
import { command } from '../command.ts';

/** The helper of a store: see `engine/tend/`. */
export const containerTend = command({
  usage: 'ROOT RUN',
  operands: [2, 2],
  flags: {},
  examples: [],

  async run({ operands: [root = '', run = ''], clock }) {
    await using engine = await openEngine({ root, run, clock, mustExist: true });
    await engine.containers.tend();
  },
});
