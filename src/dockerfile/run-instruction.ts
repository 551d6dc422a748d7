import { goQuote } from '../base/go-quote.ts';
import { closest } from '../base/suggest.ts';
import type { Argv, Heredoc, RunDevice, RunInstruction, RunProgram } from './ast.ts';
import { csvFields } from './csv.ts';
import { InstructionValueError } from './errors.ts';
import { type FlagKind, readFlags } from './flags.ts';
import { heredocOpening } from './heredoc.ts';
import { argvOf, wordOf } from './node-words.ts';
import { readMount } from './mount-flag.ts';
import type { InstructionNode } from './nodes.ts';
import type { Arg } from './words.ts';

const KNOWN: ReadonlyMap<string, FlagKind> = new Map([
  ['mount', 'values'],
  ['network', 'value'],
  ['security', 'value'],
  ['device', 'values'],
]);

type RunParts = Pick<
  RunInstruction,
  'command' | 'program' | 'mounts' | 'network' | 'security' | 'devices' | 'heredocs'
>;

/** Command and flags of RUN. Throws {@link InstructionValueError}. */
export function runParts(node: InstructionNode): RunParts {
  const flags = readFlags(node.flags, KNOWN);
  const network = flags.get('network')?.[0]?.value;
  const security = flags.get('security')?.[0]?.value;
  const mounts = (flags.get('mount') ?? []).map((arg) =>
    readMount(arg.value, wordOf(node, arg).span),
  );
  if (network !== undefined && network !== 'default' && network !== 'none' && network !== 'host') {
    throw wrongWord(`invalid network mode ${goQuote(network)}`, flags.get('network')?.[0], [
      'default',
      'none',
      'host',
    ]);
  }
  if (security !== undefined && security !== 'sandbox' && security !== 'insecure') {
    throw wrongWord(`security ${goQuote(security)} is not valid`, flags.get('security')?.[0], [
      'sandbox',
      'insecure',
    ]);
  }
  const command = argvOf(node);
  return {
    command,
    program: programOf(command, node.heredocs),
    mounts,
    ...(network !== undefined && { network }),
    ...(security !== undefined && { security }),
    devices: (flags.get('device') ?? []).map((arg) => deviceOf(arg.value)),
    heredocs: node.heredocs,
  };
}

function wrongWord(
  message: string,
  flag: Arg | undefined,
  words: readonly string[],
): InstructionValueError {
  const near = flag && closest(flag.value.toLowerCase(), words);
  const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
  return new InstructionValueError(message + hint, { ...(flag && { at: flag }) });
}

function programOf(command: Argv, heredocs: readonly Heredoc[]): RunProgram {
  if (command.form === 'exec') return { form: 'exec', argv: command.argv };
  const text = command.script.raw;
  const [first] = heredocs;
  if (!first) return { form: 'shell', text };
  if (!heredocOpening(text)) {
    const bodies = heredocs.map((heredoc) => `\n${heredoc.body}${heredoc.name}`);
    return { form: 'shell', text: text + bodies.join('') };
  }
  if (!first.body.startsWith('#!')) return { form: 'shell', text: first.content };
  const { name, content } = first;
  if (name.includes('/') || name === '.' || name === '..') {
    throw new InstructionValueError(`the heredoc ${goQuote(name)} cannot be the name of a file`);
  }
  return { form: 'file', path: `/dev/pipes/${name}`, name, content };
}

function deviceOf(raw: string): RunDevice {
  let name: string | undefined;
  let required = false;
  for (const field of deviceFields(raw)) {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? undefined : field.slice(equals + 1);
    if (key === 'required') {
      required = boolean(value ?? 'true');
    } else if (key === 'name' && value !== undefined) {
      if (name !== undefined) {
        throw new InstructionValueError(`device name already set to ${name}`);
      }
      name = value;
    } else if (name === undefined) {
      name = field;
    } else if (value === undefined) {
      throw new InstructionValueError(`invalid field '${field}' must be a key=value pair`);
    } else {
      const near = closest(key, ['name', 'required']);
      const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
      throw new InstructionValueError(`unexpected key '${key}' in '${field}'${hint}`);
    }
  }
  return { name: name ?? '', required };
}

function deviceFields(raw: string): string[] {
  try {
    return csvFields(raw);
  } catch (error) {
    if (!(error instanceof InstructionValueError)) throw error;
    throw new InstructionValueError(`failed to parse csv devices: ${error.message}`);
  }
}

function boolean(value: string): boolean {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw new InstructionValueError(`invalid value for required: ${value}`);
}
