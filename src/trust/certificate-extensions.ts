/** What the extensions of a certificate limit it to. */
export interface CertificateLimits {
  /** May sign certificates. */
  readonly isAuthority: boolean;
  /** Authorities that may be below it; undefined: any number. */
  readonly pathLength: number | undefined;
  /** May sign data; true where nothing is said about uses. */
  readonly signsData: boolean;
  /** Of extensions that must be understood and are not: dotted numbers. */
  readonly unknown: readonly string[];
}

interface Node {
  readonly tag: number;
  readonly body: Buffer;
}

const KEY_USAGE = '2.5.29.15';
const BASIC_CONSTRAINTS = '2.5.29.19';
/** Looked at elsewhere, or no limits: subject and authority key IDs, names, policies, extended uses. */
const HARMLESS = new Set([
  '2.5.29.14',
  '2.5.29.17',
  '2.5.29.18',
  '2.5.29.32',
  '2.5.29.35',
  '2.5.29.37',
]);
const EXTENSIONS = 0xa3;
const BOOLEAN = 0x01;

/**
 * Reads what `node:crypto` does not tell of a certificate. The DER must have been parsed by it
 * before: here only well-formed certificates are expected.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2
 */
export function certificateLimits(der: Buffer): CertificateLimits {
  const [certificate] = nodesOf(der);
  const [toBeSigned] = nodesOf(certificate?.body ?? Buffer.alloc(0));
  const wrapped = nodesOf(toBeSigned?.body ?? Buffer.alloc(0)).find(
    ({ tag }) => tag === EXTENSIONS,
  );
  const [list] = wrapped ? nodesOf(wrapped.body) : [];
  const found = new Map<string, Buffer>();
  const unknown: string[] = [];
  for (const { body } of list ? nodesOf(list.body) : []) {
    const parts = nodesOf(body);
    const id = dotted(parts[0]?.body ?? Buffer.alloc(0));
    const isCritical = parts[1]?.tag === BOOLEAN && parts[1].body[0] !== 0;
    found.set(id, parts.at(-1)?.body ?? Buffer.alloc(0));
    const isKnown = id === KEY_USAGE || id === BASIC_CONSTRAINTS || HARMLESS.has(id);
    if (isCritical && !isKnown) unknown.push(id);
  }
  const constraints = found.get(BASIC_CONSTRAINTS);
  const rules = constraints ? nodesOf(nodesOf(constraints)[0]?.body ?? Buffer.alloc(0)) : [];
  const isAuthority = rules[0]?.tag === BOOLEAN && rules[0].body[0] !== 0;
  const length = rules[1]?.body;
  const usage = found.get(KEY_USAGE);
  return {
    isAuthority,
    pathLength: length && Number(`0x${length.toString('hex')}`),
    signsData: usage === undefined || ((nodesOf(usage)[0]?.body[1] ?? 0) & 0x80) !== 0,
    unknown,
  };
}

/** What lies side by side in a stretch of DER. */
function nodesOf(bytes: Buffer): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0;
    at += 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      length =
        count > 0 && count <= 4
          ? bytes.subarray(at, at + count).reduce((n, b) => n * 256 + b, 0)
          : Infinity;
      at += count;
    }
    nodes.push({ tag, body: bytes.subarray(at, at + length) });
    at += length;
  }
  return nodes;
}

function dotted(id: Buffer): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of id) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(value);
    value = 0;
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - 40 * root, ...rest].join('.');
}
