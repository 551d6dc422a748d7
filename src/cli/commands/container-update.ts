import { command } from '../command.ts';
import { eachOf } from '../each-operand.ts';
import { LIMIT_FLAGS, restartPolicy } from '../create-flags.ts';
import { limitsOf } from '../create-request.ts';
import { flag } from '../flags.ts';

/** `container update`, `update`. */
export const containerUpdate = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {
    ...LIMIT_FLAGS,
    restart: flag.text(
      'string',
      'When to start it again: no, always, unless-stopped, on-failure[:N]',
    ),
  },
  examples: [['Less memory for a container that runs', 'stave update -m 64m web1', 'a container']],

  async run(context) {
    const { containers } = await context.engine();
    const limits = limitsOf(context.flags);
    const { restart } = context.flags;
    const request = {
      ...(Object.keys(limits).length > 0 && { limits }),
      ...(restart !== undefined && { restart: restartPolicy(restart) }),
    };
    return eachOf(context, async (name) => {
      await containers.update(name, request);
      return name;
    });
  },
});
