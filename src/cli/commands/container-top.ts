import { command } from '../command.ts';
import { alignTabs } from '../table.ts';

/** As Docker has it. */
const SPACING = { padding: 3, narrowest: 20 };

/** `container top`, `top`. */
export const containerTop = command({
  usage: 'CONTAINER [ps OPTIONS]',
  operands: [1, Number.POSITIVE_INFINITY],
  stopAtOperand: true,
  flags: {},
  examples: [['The processes of a container', 'stave top web1', 'a container that runs']],

  async run({ operands: [name = '', ...options], engine, stdout }) {
    const { containers } = await engine();
    const { titles, rows } = await containers.top(name, options);
    stdout.write(
      `${alignTabs([titles, ...rows].map((row) => row.join('\t')).join('\n'), SPACING)}\n`,
    );
  },
});
