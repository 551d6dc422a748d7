import { openEngine } from '../../engine/open-engine.ts';
import { command } from '../command.ts';

/** What monitors call when a container has ended: see `engine/exit-program.ts`. */
export const containerEnded = command({
  usage: 'ROOT RUN CONTAINER',
  operands: [3, 3],
  flags: {},
  examples: [],

  async run({ operands: [root = '', run = '', id = ''], clock }) {
    await using engine = await openEngine({ root, run, clock, mustExist: true });
    await engine.containers.afterExit(id);
  },
});
