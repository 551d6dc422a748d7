import { creating } from '../bring-image.ts';
import { command } from '../command.ts';
import { CREATE_FLAGS } from '../create-flags.ts';
import { createRequest } from '../create-request.ts';

/** `container create`, `create`. */
export const containerCreate = command({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  operands: [1, Number.POSITIVE_INFINITY],
  stopAtOperand: true,
  pointToHelp: true,
  flags: CREATE_FLAGS,
  examples: [['Make a container now, start it later', 'stave create --name later app:v1 sleep 60']],

  async run(context) {
    const request = createRequest(context);
    const options = await creating(context, request);
    const { containers } = await context.engine();
    const { id } = await containers.create(request, options);
    context.stdout.line(id);
  },
});
