import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseByteSize } from './byte-size.ts';
import { csvFields } from './csv.ts';
import { parseDuration } from './duration.ts';
import { parsePorts } from './expose.ts';
import { checkSignal } from './signal.ts';

const refused = { name: 'InstructionValueError' };

test('parseDuration() reads Go durations as nanoseconds', () => {
  const table: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['5s', 5e9],
    ['+1.5h', 5.4e12],
    ['-1h30m2s', -5.402e12],
    ['1µs1us1μs', 3000],
    ['.5ms', 500_000],
    ['1.s', 1e9],
    ['100ns', 100],
    ['0.123456789123s', 123_456_789],
  ];
  for (const [text, expected] of table) assert.equal(parseDuration(text), expected, text);
});

test('parseDuration() refuses the rest with the texts of Go', () => {
  const table: readonly (readonly [string, string])[] = [
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['.s', 'time: invalid duration ".s"'],
    ['5', 'time: missing unit in duration "5"'],
    ['1h5', 'time: missing unit in duration "1h5"'],
    ['5d', 'time: unknown unit "d" in duration "5d"'],
    ['5 s', 'time: unknown unit " s" in duration "5 s"'],
    ['3000000h', 'time: invalid duration "3000000h"'],
    [`${'9'.repeat(40)}s`, `time: invalid duration "${'9'.repeat(40)}s"`],
  ];
  for (const [text, message] of table) {
    assert.throws(() => parseDuration(text), { message, ...refused });
  }
});

test('checkSignal() knows numbers and names', () => {
  const numbers = [
    '9',
    'KILL',
    'SIGKILL',
    'sigterm',
    'IOT',
    'RTMIN',
    'SIGRTMIN+3',
    'RTMAX-1',
    'SYS',
    '999',
  ];
  assert.deepEqual(numbers.map(checkSignal), [9, 9, 9, 15, 6, 34, 37, 63, 31, 999]);
});

test('checkSignal() refuses what is no signal', () => {
  for (const text of ['0', '', 'SIG', '-', 'NONSENSE', 'RTMIN+16', 'RTMAX-15', '9x']) {
    assert.throws(() => checkSignal(text), { message: `invalid signal: ${text}`, ...refused });
  }
});

test('parsePorts() makes single ports of ranges', () => {
  assert.deepEqual(parsePorts('8000-8002/UDP'), {
    ports: ['8000/udp', '8001/udp', '8002/udp'],
    oddCase: true,
    hostPart: false,
  });
  assert.deepEqual(parsePorts('80').ports, ['80/tcp']);
  assert.deepEqual(parsePorts('80/').ports, ['80/tcp']);
});

test('parsePorts() drops addresses and host ports and says so', () => {
  for (const word of ['127.0.0.1:80:8080', '80:8080', '[::1]::8080', '::1:80:8080']) {
    const { ports, hostPart } = parsePorts(word);
    assert.deepEqual([ports, hostPart], [['8080/tcp'], true], word);
  }
  assert.deepEqual(parsePorts('8000-8009:80').ports, ['80/tcp']);
});

test('parsePorts() refuses what is no port', () => {
  const table: readonly (readonly [string, string])[] = [
    ['', 'invalid port: "": no port specified'],
    ['/tcp', 'invalid port: "/tcp": no port specified'],
    ['80/foo', 'invalid port: "80/foo": invalid proto: foo'],
    ['http', 'invalid containerPort: http'],
    ['65536', 'invalid containerPort: 65536'],
    ['9-1', 'invalid containerPort: 9-1'],
    ['99999999-1', 'invalid containerPort: 99999999-1'],
    ['x:80', 'invalid hostPort: x'],
    ['1.2.3:80:80', 'invalid IP address: 1.2.3'],
    ['1-2:80-82', 'invalid ranges specified for container and host Ports: 80-82 and 1-2'],
  ];
  for (const [word, message] of table) {
    assert.throws(() => parsePorts(word), { message, ...refused });
  }
});

test('parseByteSize() counts in powers of 1024', () => {
  const sizes = ['512', '64m', '1.5GiB', '2 KB', '1t', '3B'].map(parseByteSize);
  assert.deepEqual(sizes, [512, 67_108_864, 1_610_612_736, 2048, 1_099_511_627_776, 3]);
  for (const text of ['', 'm', '-1', '1x', '1.', '1e3', '0x10']) {
    assert.equal(parseByteSize(text), undefined, text);
  }
});

test('csvFields() reads plain and quoted fields', () => {
  assert.deepEqual(csvFields('a=b,"c,d","e""f",,'), ['a=b', 'c,d', 'e"f', '', '']);
  assert.deepEqual(csvFields('""'), ['']);
});

test('csvFields() refuses stray quotes', () => {
  assert.throws(() => csvFields('a,b"c'), {
    message: 'parse error on line 1, column 4: bare " in non-quoted field',
    ...refused,
  });
  assert.throws(() => csvFields('"a"b'), /extraneous or missing " in quoted-field/);
  assert.throws(() => csvFields('"a'), /extraneous or missing " in quoted-field/);
  assert.throws(() => csvFields(''), refused);
});
