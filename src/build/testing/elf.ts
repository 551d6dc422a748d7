/** A 64-bit program for x86-64, as far as its loader reads it. */
export function elf({
  interpreter,
  libraries = [],
  searched,
}: {
  readonly interpreter?: string;
  readonly libraries?: readonly string[];
  readonly searched?: string;
}): Buffer {
  const texts = [
    '',
    ...(interpreter === undefined ? [] : [interpreter]),
    ...libraries,
    ...(searched === undefined ? [] : [searched]),
  ];
  const strings = Buffer.from(texts.map((text) => `${text}\0`).join(''));
  const offsetOf = (text: string): number => strings.indexOf(`\0${text}\0`) + 1;
  const segments = 3;
  const dynamicAt = 64 + segments * 56;
  const entries: (readonly [number, number])[] = [
    ...libraries.map((name) => [1, offsetOf(name)] as const),
    ...(searched === undefined ? [] : [[29, offsetOf(searched)] as const]),
  ];
  const stringsAt = dynamicAt + (entries.length + 2) * 16;
  const file = Buffer.alloc(stringsAt + strings.length);
  file.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(62, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(segments, 56);
  const segment = (at: number, type: number, offset: number, size: number): void => {
    const start = 64 + at * 56;
    file.writeUInt32LE(type, start);
    file.writeBigUInt64LE(BigInt(offset), start + 8);
    file.writeBigUInt64LE(BigInt(offset), start + 16);
    file.writeBigUInt64LE(BigInt(size), start + 32);
  };
  segment(0, 1, 0, file.length);
  if (interpreter !== undefined) {
    segment(1, 3, stringsAt + offsetOf(interpreter), interpreter.length + 1);
    segment(2, 2, dynamicAt, (entries.length + 2) * 16);
  }
  if (interpreter === undefined && libraries.length > 0)
    segment(2, 2, dynamicAt, (entries.length + 2) * 16);
  for (const [at, [tag, value]] of [...entries, [5, stringsAt] as const].entries()) {
    file.writeBigUInt64LE(BigInt(tag), dynamicAt + at * 16);
    file.writeBigUInt64LE(BigInt(value), dynamicAt + at * 16 + 8);
  }
  strings.copy(file, stringsAt);
  return file;
}
