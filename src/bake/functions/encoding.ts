import { createHash, createPrivateKey, privateDecrypt, randomUUID } from 'node:crypto';
import { csvFields } from '../../base/csv.ts';
import { ValueError } from '../errors.ts';
import type { PlainFunction } from '../eval/scope.ts';
import { decodeJson, encodeJson } from '../value/json.ts';
import { list, number, object, string, STRING, type Value } from '../value/value.ts';
import { argument, define, integer, takes, text } from './define.ts';

const UUID = /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Text in other forms, hashes and identifiers. */
export const ENCODING: Readonly<Record<string, PlainFunction>> = {
  base64decode: define([takes.text('str')], (args) => string(decodeBase64(text(args, 0)))),
  base64encode: define([takes.text('str')], (args) =>
    string(Buffer.from(text(args, 0)).toString('base64')),
  ),
  bcrypt: refuse('bcrypt', 'str'),
  byteslen: define([takes.text('buf')], (args) => number(Buffer.byteLength(text(args, 0)))),
  bytesslice: define([takes.text('buf'), takes.number('offset'), takes.number('length')], bytes),
  csvdecode: define([takes.text('str')], (args) => csvDecode(text(args, 0))),
  jsondecode: define([takes.text('str')], (args) => decodeJson(text(args, 0))),
  jsonencode: define([takes.nullable('val')], (args) => string(encodeJson(argument(args, 0)))),
  md5: hash('md5'),
  rsadecrypt: define([takes.text('ciphertext'), takes.text('privatekey')], decrypt),
  sha1: hash('sha1'),
  sha256: hash('sha256'),
  sha512: hash('sha512'),
  urlencode: define([takes.text('str')], (args) => string(urlEncode(text(args, 0)))),
  uuidv4: define([], () => string(randomUUID())),
  uuidv5: define([takes.text('namespace'), takes.text('name')], (args) =>
    string(uuid5(text(args, 0), text(args, 1))),
  ),
};

function refuse(name: string, parameter: string): PlainFunction {
  const run = (): never => {
    throw new ValueError(`the function ${name} is not available in this version`);
  };
  return define([takes.text(parameter)], run, takes.number('cost'));
}

function hash(algorithm: string): PlainFunction {
  return define([takes.text('str')], (args) =>
    string(createHash(algorithm).update(text(args, 0)).digest('hex')),
  );
}

function decodeBase64(typed: string): string {
  if (!BASE64.test(typed))
    throw new ValueError(`failed to decode base64 data ${JSON.stringify(typed)}`);
  return utf8(Buffer.from(typed, 'base64'));
}

function utf8(data: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new ValueError('the result of decoding the provided string is not valid UTF-8');
  }
}

function bytes(args: readonly Value[]): Value {
  const all = Buffer.from(text(args, 0));
  const [offset, length] = [integer(args, 1), integer(args, 2)];
  if (offset < 0 || length < 0) throw new ValueError('offset and length must be non-negative');
  if (offset > all.length)
    throw new ValueError(`offset ${offset} is greater than total buffer length ${all.length}`);
  if (offset + length > all.length)
    throw new ValueError(
      `offset ${offset} + length ${length} is greater than total buffer length ${all.length}`,
    );
  return string(utf8(all.subarray(offset, offset + length)));
}

/** Rows of strings by the names in the first row. */
function csvDecode(typed: string): Value {
  const [head, ...rows] = recordsOf(typed).map(fieldsOf);
  if (head === undefined) throw new ValueError('missing header line');
  if (new Set(head).size < head.length) throw new ValueError('duplicate column name in the header');
  const fields = new Map(head.map((name) => [name, STRING]));
  return list(
    { kind: 'object', fields },
    rows.map((row) => {
      if (row.length !== head.length) throw new ValueError('wrong number of fields');
      return object(head.map((name, index) => [name, string(row[index] ?? '')]));
    }),
  );
}

/** Lines that are not empty; ends of lines inside of quotes belong to the field. */
function recordsOf(typed: string): string[] {
  const records: string[] = [];
  let open: string[] = [];
  let quoted = false;
  for (const line of typed.replaceAll('\r\n', '\n').split('\n')) {
    if (line.split('"').length % 2 === 0) quoted = !quoted;
    open.push(line);
    if (quoted) continue;
    const record = open.join('\n');
    if (record !== '') records.push(record);
    open = [];
  }
  return open.length === 0 ? records : [...records, open.join('\n')];
}

function fieldsOf(record: string): string[] {
  try {
    return csvFields(record);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ValueError(error.message);
  }
}

function decrypt(args: readonly Value[]): Value {
  try {
    const key = createPrivateKey(text(args, 1));
    const data = Buffer.from(text(args, 0), 'base64');
    const padding = process.getBuiltinModule('node:crypto').constants.RSA_PKCS1_PADDING;
    return string(utf8(privateDecrypt({ key, padding }, data)));
  } catch (error) {
    if (error instanceof ValueError) throw error;
    throw new ValueError('failed to decrypt: the key or the text is not a valid one');
  }
}

/** As forms are sent: blanks are `+`. */
function urlEncode(typed: string): string {
  return encodeURIComponent(typed.toWellFormed())
    .replaceAll('%20', '+')
    .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function uuid5(namespace: string, name: string): string {
  const space = { dns: '10', url: '11', oid: '12', x500: '14' }[namespace];
  const id = space === undefined ? namespace : `6ba7b8${space}-9dad-11d1-80b4-00c04fd430c8`;
  if (!UUID.test(id)) throw new ValueError(`uuidv5() doesn't support namespace ${namespace}`);
  const data = createHash('sha1')
    .update(Buffer.from(id.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16);
  data[6] = ((data[6] ?? 0) & 0x0f) | 0x50;
  data[8] = ((data[8] ?? 0) & 0x3f) | 0x80;
  return data.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
