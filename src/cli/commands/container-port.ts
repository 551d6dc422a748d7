import { InvalidInputError } from '../../base/errors.ts';
import { command } from '../command.ts';

/** `container port`, `port`. */
export const containerPort = command({
  usage: 'CONTAINER [PRIVATE_PORT[/PROTO]]',
  operands: [1, 2],
  flags: {},
  examples: [['Where the ports of a container are', 'stave port web1', 'a container that runs']],

  async run({ operands: [name = '', typed], engine, stdout }) {
    const { containers } = await engine();
    const { endpoints } = await containers.inspect(name);
    const ports = endpoints
      .flatMap((endpoint) => endpoint.ports)
      .map(({ hostIp, hostPort, containerPort: port, protocol }) => ({
        inside: `${port}/${protocol}`,
        outside: `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:${hostPort}`,
      }))
      .toSorted((a, b) => (a.inside < b.inside ? -1 : 1));
    if (typed === undefined) {
      for (const { inside, outside } of ports) stdout.line(`${inside} -> ${outside}`);
      return;
    }
    const wanted = typed.includes('/') ? typed : `${typed}/tcp`;
    const found = ports.filter(({ inside }) => inside === wanted);
    if (found.length === 0) {
      throw new InvalidInputError(`no public port '${wanted}' published for ${name}`);
    }
    for (const { outside } of found) stdout.line(outside);
  },
});
