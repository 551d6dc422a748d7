import { NetworkSetupError } from './errors.ts';
import type { PublishedPort } from './types.ts';

const ANSWER = 64 * 1024;
const PATIENCE = 5000;

/**
 * Has slirp4netns listen for a container, by its socket. Throws NetworkSetupError.
 *
 * @see https://github.com/rootless-containers/slirp4netns/blob/master/slirp4netns.1.md
 */
export async function forwardPorts(socket: string, ports: readonly PublishedPort[]): Promise<void> {
  for (const { protocol, hostIp, hostPort, containerPort } of ports) {
    const answer = await ask(socket, {
      execute: 'add_hostfwd',
      arguments: {
        proto: protocol,
        host_addr: hostIp,
        host_port: hostPort,
        guest_port: containerPort,
      },
    });
    if (!answer.includes('"return"')) {
      throw new NetworkSetupError(`slirp4netns cannot publish ${hostIp}:${hostPort}`, {
        hint: answer.slice(0, 300),
      });
    }
  }
}

/** One question for each connection. */
function ask(socket: string, question: unknown): Promise<string> {
  const { connect } = process.getBuiltinModule('node:net');
  return new Promise((resolve, reject) => {
    const connection = connect({ path: socket, allowHalfOpen: true });
    let answer = '';
    connection.setTimeout(PATIENCE, () =>
      connection.destroy(new NetworkSetupError('slirp4netns does not answer')),
    );
    connection.on('data', (chunk: Buffer) => {
      if (answer.length < ANSWER) answer += chunk.toString();
    });
    connection.on('error', reject);
    connection.on('end', () => {
      connection.destroy();
      resolve(answer);
    });
    connection.end(JSON.stringify(question));
  });
}
