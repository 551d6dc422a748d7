import { goQuote } from '../base/go-quote.ts';
import { type InstructionNode, readNodes } from './nodes.ts';

/**
 * The instructions of a Dockerfile as S-expressions, one a line, without a line end behind the
 * last: the form in which builders compare their parsers. Keywords that do not exist are shown
 * too. Throws `DockerfileError` for text that cannot be split into instructions.
 */
export function dumpAst(text: Uint8Array | string, file = 'Dockerfile'): string {
  return readNodes(text, file)
    .nodes.map((node) => `(${dumpNode(node)})`)
    .join('\n');
}

function dumpNode(node: InstructionNode): string {
  const parts = [lower(node.keyword)];
  if (node.flags.length > 0) {
    parts.push(`[${node.flags.map((flag) => goQuote(flag.value)).join(' ')}]`);
  }
  for (const arg of node.args) parts.push(goQuote(arg.value));
  if (node.child) parts.push(`(${dumpNode(node.child)})`);
  return parts.join(' ').trim();
}

/** Lower case character by character, as Go has it: no rule looks at the neighbours. */
function lower(keyword: string): string {
  let result = '';
  for (const character of keyword) {
    result += String.fromCodePoint(character.toLowerCase().codePointAt(0) ?? 0);
  }
  return result;
}
