import { ContainerStartError } from './errors.ts';

const ADJECTIVES =
  'agile amber bold brisk calm candid civil clever cosy deft eager early fair fleet fond frank gentle glad grand hardy hazel humble jolly keen kind lively lucid mellow merry mild modest neat nimble noble open patient placid plucky polite prompt proud quick quiet ready robust round serene sharp sincere sleek smart snug sober solid spry stable steady stout sunny swift tidy true upbeat vivid warm wise witty zesty'.split(
    ' ',
  );
/** People who made things hold together: sailors, coopers, builders, early programmers. */
const SURNAMES =
  'allen antonelli backus bartik bell booth brunel clarke conway dahl dijkstra eames estrin faber floyd fuller goldberg hamilton hoare holberton holland hopper huffman iverson jennings joy kay keller kernighan knuth lamarr landin leavitt liskov lovelace maathai mccarthy meitner mclean milner naur noether nygaard perlis perlman pike postel rice ritchie rothschild sammet shannon simon spence sutherland telford thompson turing wheeler wilkes wilkinson wirth zuse'.split(
    ' ',
  );
const VALID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** A name for a container that was given none; `taken` tells which are not free. */
export function randomName(taken: (name: string) => boolean): string {
  for (let tries = 0; ; tries++) {
    const name = `${pick(ADJECTIVES)}_${pick(SURNAMES)}${tries < 3 ? '' : randomInt(10 ** Math.min(tries, 9))}`;
    if (!taken(name)) return name;
  }
}

/** Nobody has to be unable to guess it; `node:crypto` takes 10 ms to load. */
function randomInt(below: number): number {
  return Math.floor(Math.random() * below);
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? '';
}

/** Throws ContainerStartError when a container cannot be called so. */
export function checkName(name: string): void {
  if (VALID.test(name)) return;
  throw new ContainerStartError(
    `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
  );
}
