import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { inspectObjects } from '../inspect-objects.ts';
import { networkJson, networkStruct } from '../network-json.ts';

/** `network inspect`. */
export const networkInspect = command({
  usage: '[OPTIONS] NETWORK [NETWORK...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {
    format: flag.text('string', "Form of the output: 'json' or a Go template", 'f'),
    verbose: flag.toggle('Shows no more: that is for swarms', 'v'),
  },
  examples: [
    ['Everything about a network', 'stave network inspect bridge'],
    ['Its subnets', "stave network inspect -f '{{range .IPAM.Config}}{{.Subnet}}{{end}}' bridge"],
  ],

  async run(context) {
    const { networks } = await context.engine();
    return inspectObjects(context, context.flags.format, async (name) => {
      const network = await networks.inspect(name);
      return { json: networkJson(network), typed: () => networkStruct(network) };
    });
  },
});
