import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../oci/digest.ts';
import { answer, type Exchange } from '../answer.ts';
import { Problem } from '../errors.ts';

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};
const FRONT = 'index.html';

/**
 * What the page may do: run its own script and ask its own registry. Nothing is written into a
 * document as markup, no other site can show it in a frame.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  vary: 'accept-encoding',
};

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

/** The files of the page. They are read when the first of them is asked for, and no more. */
export class Assets {
  readonly #files: ReadonlyMap<string, Asset>;

  constructor(folder: string) {
    const names = readdirSync(folder).filter((name) => Object.hasOwn(TYPES, ending(name)));
    this.#files = new Map(names.map((name) => [name, read(folder, name)]));
  }

  /** The page itself, for those who understand it. Throws Problem 404 for others. */
  front(exchange: Exchange): void {
    const { accept = '' } = exchange.request.headers;
    if (!accept.includes('text/html')) throw nothing();
    this.#give(exchange, FRONT, 'no-cache');
  }

  /** A file, whose name changes with its content. Throws Problem 404. */
  give(exchange: Exchange, name: string): void {
    this.#give(exchange, name, 'public, max-age=31536000, immutable');
  }

  #give(exchange: Exchange, name: string, caching: string): void {
    const file = this.#files.get(name);
    if (!file) throw nothing();
    const { request } = exchange;
    const headers = { ...HEADERS, 'cache-control': caching, etag: file.etag };
    if (request.headers['if-none-match']?.includes(file.etag)) {
      answer(exchange, 304, headers);
      return;
    }
    const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    const type = { 'content-type': file.type };
    if (takesGzip) {
      answer(exchange, 200, { ...headers, ...type, 'content-encoding': 'gzip' }, file.gzipped);
    } else {
      answer(exchange, 200, { ...headers, ...type }, file.plain);
    }
  }
}

function read(folder: string, name: string): Asset {
  const plain = readFileSync(join(folder, name));
  const { gzipSync } = process.getBuiltinModule('node:zlib');
  return {
    type: TYPES[ending(name)] ?? '',
    etag: `"${digestOf(plain).slice('sha256:'.length, 'sha256:'.length + 32)}"`,
    plain,
    gzipped: gzipSync(plain, { level: 9 }),
  };
}

function ending(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function nothing(): Problem {
  return new Problem(404, 'NAME_UNKNOWN', 'there is nothing at this address');
}
