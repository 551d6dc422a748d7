import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { collect } from '../../base/bytes.ts';
import { InvalidInputError } from '../../base/errors.ts';
import { dumpAst } from '../../engine/dump-dockerfile.ts';
import { command } from '../command.ts';
import { explainOpen } from '../files.ts';

const LIMIT = 4 * 1024 * 1024;

/** `debug dockerfile`: the syntax tree, one instruction a line. */
export const debugDockerfile = command({
  usage: '[FILE|-]',
  operands: [0, 1],
  flags: {},
  examples: [
    ['The tree of a file', 'stave debug dockerfile Dockerfile'],
    ['The tree of what comes through a pipe', 'stave debug dockerfile < Dockerfile'],
  ],

  async run({ operands: [file = '-'], stdin, stdout, cwd }) {
    if (file === '-' && stdin.terminal) {
      throw new InvalidInputError('no Dockerfile: standard input is a terminal');
    }
    const text = file === '-' ? await collect(stdin.bytes(), LIMIT) : readTyped(cwd, file);
    stdout.line(dumpAst(text, file === '-' ? 'Dockerfile' : file));
  },
});

function readTyped(cwd: string, file: string): Buffer {
  try {
    return readFileSync(resolve(cwd, file));
  } catch (error) {
    throw explainOpen(error, file) ?? error;
  }
}
