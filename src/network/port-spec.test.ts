import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposedPorts, parsePorts } from './port-spec.ts';

const tcp = { protocol: 'tcp' } as const;

test('parsePorts() reads all forms of -p', () => {
  assert.deepEqual(parsePorts(['80', '8080:80', '127.0.0.1:8080:80', '127.0.0.1::53/udp']), [
    { containerPort: 80, ...tcp },
    { hostPort: 8080, containerPort: 80, ...tcp },
    { hostIp: '127.0.0.1', hostPort: 8080, containerPort: 80, ...tcp },
    { hostIp: '127.0.0.1', containerPort: 53, protocol: 'udp' },
  ]);
  assert.deepEqual(parsePorts(['[::1]:1:2', '0:9', '1:2/TCP']), [
    { hostIp: '::1', hostPort: 1, containerPort: 2, ...tcp },
    { containerPort: 9, ...tcp },
    { hostPort: 1, containerPort: 2, ...tcp },
  ]);
});

test('parsePorts() pairs ranges, and takes a free port of a range for one port', () => {
  assert.deepEqual(parsePorts(['7000-7001:80-81', '9000-9009:80']), [
    { hostPort: 7000, containerPort: 80, ...tcp },
    { hostPort: 7001, containerPort: 81, ...tcp },
    { hostPort: [9000, 9009], containerPort: 80, ...tcp },
  ]);
  assert.equal(parsePorts(['80-89']).length, 10);
});

test('parsePorts() says what is wrong in Docker’s words', () => {
  const wrong = [
    ['99999:80', 'Invalid hostPort: 99999'],
    ['80:99999', 'Invalid containerPort: 99999'],
    ['8080:', 'No port specified: 8080:<empty>'],
    ['1.2.3:80:80', 'Invalid ip address: 1.2.3'],
    ['80/icmp', 'Invalid proto: icmp'],
    ['::1:80:80', 'Invalid ip address: ::1'],
    ['1-3:80-81', 'Invalid ranges specified for container and host Ports: 80-81 and 1-3'],
    ['80:0', 'Invalid containerPort: 0'],
  ] as const;
  for (const [typed, message] of wrong) {
    assert.throws(() => parsePorts([typed]), { message, exitCode: 125 });
  }
});

test('parsePorts() takes what is said twice once', () => {
  assert.equal(parsePorts(['8080:80', '8080:80', '80', '80']).length, 3);
});

test('exposedPorts() leaves out what cannot be published', () => {
  assert.deepEqual(exposedPorts(['80', '80/tcp', '53/udp', '9/sctp', 'x', '7-8']), [
    { containerPort: 80, ...tcp },
    { containerPort: 53, protocol: 'udp' },
    { containerPort: 7, ...tcp },
    { containerPort: 8, ...tcp },
  ]);
});
