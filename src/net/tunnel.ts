import type { Agent, AgentOptions, ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { NetError, netError } from './errors.ts';
import { basicAuthorization, shownUrl } from './url.ts';

/** The header that lets us through a proxy whose URL holds a user name. */
export function proxyAuthorization(proxy: URL): Readonly<Record<string, string>> {
  const authorization = basicAuthorization(proxy);
  return authorization === undefined ? {} : { 'proxy-authorization': authorization };
}

/** Makes an agent for https open its connections through a proxy, with CONNECT. */
export function connectThrough(agent: Agent, proxy: URL, stall: number): void {
  agent.createConnection = (options: ClientRequestArgs & AgentOptions, callback) => {
    const answer = callback as (error: Error | null, socket?: Socket) => void;
    tunnel(proxy, `${bracketed(options.host ?? '')}:${options.port ?? 443}`, stall).then(
      (socket) => answer(null, secured(socket, options as ConnectionOptions)),
      (error: unknown) => answer(error instanceof Error ? error : new Error(String(error))),
    );
    return undefined;
  };
}

function tunnel(proxy: URL, target: string, stall: number): Promise<Socket> {
  const secure = proxy.protocol === 'https:';
  const { request } = secure
    ? process.getBuiltinModule('node:https')
    : process.getBuiltinModule('node:http');
  const failed = `cannot connect to ${target} through the proxy`;
  return new Promise((resolve, reject) => {
    const connect = request({
      method: 'CONNECT',
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (secure ? 443 : 80),
      path: target,
      headers: { host: target, ...proxyAuthorization(proxy) },
      agent: false,
      timeout: stall,
    });
    connect.once('connect', ({ statusCode = 0 }, socket: Socket) => {
      if (statusCode >= 200 && statusCode < 300) return resolve(socket);
      socket.destroy();
      reject(new NetError(`${failed} ${shownUrl(proxy)}: it answered ${statusCode}`));
    });
    connect.once('response', (response) => {
      response.destroy();
      reject(new NetError(`${failed} ${shownUrl(proxy)}: it answered ${response.statusCode ?? 0}`));
    });
    connect.once('timeout', () =>
      connect.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
    );
    connect.once('error', (error) => reject(netError(failed, shownUrl(proxy), error)));
    connect.end();
  });
}

function secured(socket: Socket, options: ConnectionOptions): TLSSocket {
  const { connect } = process.getBuiltinModule('node:tls');
  socket.setTimeout(0);
  return connect({ ...options, socket });
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
