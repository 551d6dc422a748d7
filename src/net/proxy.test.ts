import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFor, proxySettings } from './proxy.ts';

const proxied = (url: string, no: string): boolean =>
  proxyFor(new URL(url), { http: 'http://p:1', https: 'p:2', no }) !== undefined;

test('proxyFor() knows one proxy for http and one for https', () => {
  const settings = { http: 'http://p:1', https: 'p:2' };
  assert.equal(proxyFor(new URL('http://x/'), settings)?.href, 'http://p:1/');
  assert.equal(proxyFor(new URL('https://x/'), settings)?.href, 'http://p:2/');
  assert.equal(proxyFor(new URL('http://x/'), {}), undefined);
});

test('proxyFor() asks the machine itself directly', () => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
    assert.equal(proxied(`http://${host}/`, ''), false, host);
  }
});

test('proxyFor() takes domains with all below them, and with a dot only what is below', () => {
  assert.equal(proxied('http://a.b.c/', 'x, b.c'), false);
  assert.equal(proxied('http://b.c/', 'b.c'), false);
  assert.equal(proxied('http://b.c/', '.b.c'), true);
  assert.equal(proxied('http://a.b.c/', '.b.c'), false);
  assert.equal(proxied('http://ab.c/', 'b.c'), true);
  assert.equal(proxied('http://a/', '*'), false);
  assert.equal(proxied('http://A.B.c/', 'b.C'), false);
  assert.equal(proxied('http://a.b.c/', '*.b.c'), false);
  assert.equal(proxied('http://b.c.evil/', 'b.c'), true);
});

test('proxyFor() takes addresses, networks and ports', () => {
  assert.equal(proxied('http://10.1.2.3/', '10.0.0.0/8'), false);
  assert.equal(proxied('http://11.1.2.3/', '10.0.0.0/8'), true);
  assert.equal(proxied('http://[fd00::5]/', 'fd00::/8'), false);
  assert.equal(proxied('http://[fd00::5]/', 'fd00::5'), false);
  assert.equal(proxied('http://a:81/', 'a:80'), true);
  assert.equal(proxied('http://a/', 'a:80'), false);
  assert.equal(proxied('https://a/', 'a:443'), false);
  assert.equal(proxied('http://[fd00::5]:81/', '[fd00::5]:81'), false);
  assert.equal(proxied('http://[fd00::5]:82/', '[fd00::5]:81'), true);
  assert.equal(proxied('http://10.1.2.3/', '10.0.0.0/33, 10.0.0.0/x, fd00::/8'), true);
  assert.equal(proxied('http://10.1.2.3/', ',, 10.1.2.3 '), false);
});

test('proxyFor() refuses a proxy it cannot speak to, without showing its password', () => {
  assert.throws(() => proxyFor(new URL('http://x/'), { http: 'socks5://u:p@h:1' }), {
    message: '"socks5://h:1" is not a proxy that can be used',
  });
});

test('proxySettings() prefers lower case and knows ALL_PROXY', () => {
  const env = new Map([
    ['http_proxy', 'a'],
    ['HTTP_PROXY', 'b'],
    ['ALL_PROXY', 'c'],
    ['no_proxy', 'd'],
  ]);
  assert.deepEqual(
    proxySettings((name) => env.get(name)),
    { http: 'a', https: 'c', no: 'd' },
  );
});
