import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointHost, hostName, isInnerAddress, isInsecure, isLoopback } from './host.ts';

test('endpointHost() knows where Docker Hub answers', () => {
  assert.equal(endpointHost('docker.io'), 'registry-1.docker.io');
  assert.equal(endpointHost('ghcr.io'), 'ghcr.io');
});

test('hostName() drops port and brackets', () => {
  assert.equal(hostName('[::1]:5000'), '::1');
  assert.equal(hostName('Reg.example:443'), 'reg.example');
});

test('isLoopback() is true for this machine only', () => {
  for (const host of ['localhost:5000', '127.0.0.1', '127.9.9.9:1', '[::1]:5000']) {
    assert.equal(isLoopback(host), true, host);
  }
  for (const host of ['127.example', '10.0.0.1', 'registry.local', 'localhost.example']) {
    assert.equal(isLoopback(host), false, host);
  }
});

test('isInsecure() takes hosts, hosts with ports and networks from the settings', () => {
  const settings = { insecure: ['reg.a', 'reg.b:5000', '10.1.0.0/16'] };
  const hosts = ['reg.a', 'reg.a:80', 'reg.b:5000', '10.1.2.3:5000', '127.0.0.1:5'];
  for (const host of hosts) assert.equal(isInsecure(host, settings), true, host);
  for (const host of ['reg.b', 'reg.b:5001', '10.2.2.3', 'x.reg.a']) {
    assert.equal(isInsecure(host, settings), false, host);
  }
});

test('isInnerAddress() knows private addresses, and no names', () => {
  for (const host of ['10.1.1.1', '169.254.169.254', '[::1]:80', '192.168.0.1:443', '[fe80::1]']) {
    assert.equal(isInnerAddress(host), true, host);
  }
  for (const host of ['8.8.8.8', 'auth.docker.io', '[2001:db8::1]', '10.example']) {
    assert.equal(isInnerAddress(host), false, host);
  }
});
