import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { InvalidInputError } from '../../base/errors.ts';
import { Problem } from '../errors.ts';
import { isUserName } from './rules.ts';

const HOST = /^(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;
const FORWARDED_LIMIT = 1024;

/** Knows who is at the other end of a connection, and what clients call this registry. */
export class Peers {
  readonly #trusted: BlockList | undefined;
  readonly #externalUrl: string | undefined;
  readonly #names = new WeakMap<TLSSocket, { readonly name: string | undefined }>();

  /** Throws InvalidInputError. */
  constructor(trustedProxies: readonly string[], externalUrl: string | undefined) {
    this.#trusted = trustedProxies.length === 0 ? undefined : blockList(trustedProxies);
    if (externalUrl !== undefined && !isOrigin(externalUrl)) {
      throw new InvalidInputError(`${JSON.stringify(externalUrl)} is no URL of a registry`, {
        hint: "Give it as clients write it: 'https://registry.example:5000'.",
      });
    }
    this.#externalUrl = externalUrl?.replace(/\/+$/, '');
  }

  /** The address of the client: what trusted proxies say, or who is connected. */
  addressOf(request: IncomingMessage): string {
    const near = request.socket.remoteAddress ?? '';
    if (!this.#trusts(near)) return near;
    const forwarded = String(request.headers['x-forwarded-for'] ?? '').slice(-FORWARDED_LIMIT);
    const far = forwarded
      .split(',')
      .map((one) => one.trim())
      .findLast((one) => !this.#trusts(one));
    return far !== undefined && isIP(far) !== 0 ? far : near;
  }

  /** `https://registry.example`. Throws Problem 400 for a Host that is none. */
  originOf(request: IncomingMessage): string {
    if (this.#externalUrl !== undefined) return this.#externalUrl;
    const believed = this.#trusts(request.socket.remoteAddress ?? '');
    const forwarded = believed ? request.headers['x-forwarded-host'] : undefined;
    const host = typeof forwarded === 'string' ? forwarded : (request.headers.host ?? '');
    if (!HOST.test(host)) throw new Problem(400, 'UNSUPPORTED', 'the Host of the request is none');
    const proto = believed ? request.headers['x-forwarded-proto'] : undefined;
    const isSecure = proto === undefined ? isEncrypted(request) : proto === 'https';
    return `${isSecure ? 'https' : 'http'}://${host}`;
  }

  /** The common name of the certificate that a client has shown, when it was verified and is one. */
  certificateName(request: IncomingMessage): string | undefined {
    if (!isEncrypted(request)) return undefined;
    const socket = request.socket as TLSSocket;
    const known = this.#names.get(socket);
    if (known !== undefined) return known.name;
    const name = nameOf(socket);
    this.#names.set(socket, { name });
    return name;
  }

  #trusts(address: string): boolean {
    const family = isIP(address);
    if (!this.#trusted || family === 0) return false;
    return this.#trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

/** Reading a certificate takes longer than answering a request. */
function nameOf(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined;
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' && isUserName(name) ? name : undefined;
}

function isEncrypted({ socket }: IncomingMessage): boolean {
  return 'encrypted' in socket;
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text) || /["\\\s]/.test(text)) return false;
  const { protocol, search, hash, username } = new URL(text);
  return /^https?:$/.test(protocol) && search === '' && hash === '' && username === '';
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of networks) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address);
    const most = family === 6 ? 128 : 32;
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    if (family === 0 || prefix < 0 || prefix > most) {
      throw new InvalidInputError(`"${text}" is neither an address nor a network`);
    }
    list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
