/** System call numbers of x86-64 that tests try. */
export const SYSCALL = {
  socket: 41,
  clone: 56,
  ptrace: 101,
  personality: 135,
  mount: 165,
  keyctl: 250,
  addKey: 248,
  requestKey: 249,
  unshare: 272,
  perfEventOpen: 298,
  setns: 308,
  kexecLoad: 246,
  bpf: 321,
  userfaultfd: 323,
  ioUringSetup: 425,
  openTree: 428,
  fsopen: 430,
  clone3: 435,
  /** Not given to any call. */
  unknown: 1000,
} as const;

const BASE = 0x400000n;
const HEADERS = 64 + 56;

/**
 * A static x86-64 program that makes one system call and exits with its error number, or
 * with 0 when the call went through: what a filter does can be seen without a compiler.
 */
export function syscallProgram(number: number, ...args: readonly number[]): Buffer {
  const load = (opcode: string, value: number): string => {
    const immediate = Buffer.alloc(8);
    immediate.writeBigUInt64LE(BigInt(value));
    return opcode + immediate.toString('hex');
  };
  const registers = ['48bf', '48be', '48ba', '49ba', '49b8'];
  const instructions = [
    ...registers.map((opcode, index) => load(opcode, args[index] ?? 0)),
    load('48b8', number), // mov rax, number
    '0f05', // syscall
    '31ff', // xor edi, edi
    '4885c0', // test rax, rax
    '7905', // jns over the next two
    '48f7d8', // neg rax
    '89c7', // mov edi, eax
    'b8e7000000', // mov eax, exit_group
    '0f05',
  ];
  const code = Buffer.from(instructions.join(''), 'hex');
  const header = Buffer.alloc(HEADERS);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16); // an executable
  header.writeUInt16LE(62, 18); // for x86-64
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BASE + BigInt(HEADERS), 24); // where it begins
  header.writeBigUInt64LE(64n, 32); // program headers
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  const size = BigInt(HEADERS + code.length);
  header.writeUInt32LE(1, 64); // loaded
  header.writeUInt32LE(5, 68); // readable and executable
  header.writeBigUInt64LE(BASE, 80);
  header.writeBigUInt64LE(BASE, 88);
  header.writeBigUInt64LE(size, 96);
  header.writeBigUInt64LE(size, 104);
  header.writeBigUInt64LE(4096n, 112);
  return Buffer.concat([header, code]);
}
