/**
 * A token service for the reference registry: gives `alice`:`s3cret` what she asks for, and
 * nobody else anything. Runs until it is ended.
 *
 * usage: token-service.ts PORT KEY.pem CERTIFICATE.pem
 */
import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [port = '0', keyFile = '', certificateFile = ''] = process.argv.slice(2);
const key = createPrivateKey(readFileSync(keyFile));
const { raw } = new X509Certificate(readFileSync(certificateFile));
const base64 = (data: string): string => Buffer.from(data).toString('base64url');
const alice = `Basic ${Buffer.from('alice:s3cret').toString('base64')}`;

createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  response.setHeader('content-type', 'application/json');
  if (request.headers.authorization !== alice) {
    response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}');
    return;
  }
  const access = url.searchParams.getAll('scope').flatMap((scopes) =>
    scopes.split(' ').map((scope) => {
      const [, type, name, actions = ''] = /^(\w+):(.+):([\w,*]+)$/.exec(scope) ?? [];
      return { type, name, actions: actions.split(',') };
    }),
  );
  const now = Math.floor(Date.now() / 1000);
  const header = { typ: 'JWT', alg: 'ES256', x5c: [raw.toString('base64')] };
  const claims = {
    iss: 'judge',
    sub: 'alice',
    aud: url.searchParams.get('service'),
    exp: now + 300,
    nbf: now - 5,
    iat: now,
    jti: randomUUID(),
    access,
  };
  const signed = `${base64(JSON.stringify(header))}.${base64(JSON.stringify(claims))}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  const token = `${signed}.${signature.toString('base64url')}`;
  response.end(JSON.stringify({ token, expires_in: 300, issued_at: new Date().toISOString() }));
}).listen(Number(port), '127.0.0.1');
