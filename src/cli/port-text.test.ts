import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PublishedPort } from '../engine/network-types.ts';
import { networkSettings } from './network-settings.ts';
import { portsText } from './port-text.ts';

const port = (hostIp: string, hostPort: number, containerPort: number): PublishedPort => ({
  hostIp,
  hostPort,
  containerPort,
  protocol: 'tcp',
});

test('portsText() shows what is published, and what is exposed beside it', () => {
  const both = [port('0.0.0.0', 8080, 80), port('::', 8080, 80)];
  assert.equal(
    portsText(both, ['80/tcp', '443/tcp', '53/udp']),
    '53/udp, 443/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp',
  );
  assert.equal(portsText([], []), '');
});

test('portsText() makes one range of ports that follow each other', () => {
  const range = [7000, 7001, 7002].map((one) => port('127.0.0.1', one, one));
  assert.equal(
    portsText(range, ['9000/tcp', '9001/tcp']),
    '127.0.0.1:7000-7002->7000-7002/tcp, 9000-9001/tcp',
  );
});

test('networkSettings() shows a running container’s addresses, and of another what it wants', () => {
  const endpoint = {
    endpointId: 'e'.repeat(64),
    containerId: 'c'.repeat(64),
    containerName: 'web1',
    networkId: 'b'.repeat(64),
    networkName: 'bridge',
    interfaceName: 'eth0',
    mac: '02:42:0a:09:00:02',
    ip: '10.9.0.2',
    prefix: 24,
    gateway: '10.9.0.1',
    aliases: [],
    dnsNames: [],
    ports: [port('127.0.0.1', 8080, 80)],
  };
  const source = { id: endpoint.containerId, wishes: [{ name: 'default' }], exposed: ['443/tcp'] };
  const up = networkSettings({ ...source, endpoints: [endpoint] });
  assert.deepEqual(up['Ports'], {
    '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }],
    '443/tcp': null,
  });
  assert.equal(up['IPAddress'], '10.9.0.2');
  const { bridge } = up['Networks'] as Record<string, Record<string, unknown>>;
  assert.deepEqual([bridge?.['IPPrefixLen'], bridge?.['Gateway']], [24, '10.9.0.1']);
  const down = networkSettings({ ...source, endpoints: [] });
  assert.deepEqual(down['Ports'], {});
  assert.deepEqual(Object.keys(down['Networks'] as object), ['bridge']);
});
