import { Exit, UsageError } from '../base/errors.ts';
import { findCommand, findGroup } from './find-command.ts';
import type { Command, Context, Host } from './command.ts';
import { explain } from './explain.ts';
import type { GlobalOptions } from './global-options.ts';
import { parseFlags } from './parse-flags.ts';

/** Finds the command, reads its flags, runs it, and words its failure. Returns the exit code. */
export async function main(options: GlobalOptions, host: Host): Promise<number> {
  let command: string | undefined = 'stave';
  let pointToHelp = false;
  const complain = (error: unknown): number => {
    const { text, exitCode } = explain(error, { debug: options.debug, command, pointToHelp });
    host.stderr.write(text);
    return exitCode;
  };
  try {
    if (options.version) {
      host.stdout.line(`stave version ${host.version()}`);
      return Exit.ok;
    }
    const words = options.rest[0] === 'help' ? options.rest.slice(1) : options.rest;
    const found = findCommand(words);
    if (!found) {
      const group = findGroup(words);
      if (group !== undefined) command = `stave ${group}`;
      return await withoutCommand(words, group, host);
    }
    command = `stave ${found.typed}`;
    const definition = await found.entry.load();
    const parsed = parseFlags(words.slice(found.length), definition.flags, {
      stopAtOperand: definition.stopAtOperand === true,
    });
    if (parsed.help || words !== options.rest) {
      const { commandHelp } = await import('./help.ts');
      host.stdout.write(commandHelp(found.entry, found.typed, definition));
      return Exit.ok;
    }
    checkOperands(command, definition, parsed.operands);
    pointToHelp = definition.pointToHelp === true;
    const context: Context = { ...host, ...parsed, complain };
    const code = (await definition.run(context)) ?? Exit.ok;
    const cut = host.signal.aborted && definition.endsBySignal !== true;
    return cut ? complain(host.signal.reason) : code;
  } catch (error) {
    // What a killed step says of its end is noise once the user has asked for the end.
    return complain(host.signal.aborted ? host.signal.reason : error);
  }
}

/** No command, a group's name alone, or a word that is neither. */
async function withoutCommand(
  words: readonly string[],
  group: string | undefined,
  host: Host,
): Promise<number> {
  const wanted = words[group === undefined ? 0 : group.split(' ').length];
  if (wanted === undefined || wanted === '--help' || wanted === '-h') {
    const { groupHelp, rootHelp } = await import('./help.ts');
    host.stdout.write(group === undefined ? rootHelp() : groupHelp(group));
    return Exit.ok;
  }
  const place = group === undefined ? 'stave' : `stave ${group}`;
  if (wanted.startsWith('-')) throw new UsageError(`unknown flag: ${wanted}`);
  const { commandAdvice } = await import('./unknown-command.ts');
  throw new UsageError(`unknown command: ${place} ${wanted}`, {
    exitCode: Exit.failure,
    hint: commandAdvice(words, group),
  });
}

function checkOperands(
  name: string,
  { operands: [least, most], slip }: Command,
  operands: readonly string[],
): void {
  const count = operands.length;
  if (count >= least && count <= most) return;
  const plural = (n: number): string => `${n} argument${n === 1 ? '' : 's'}`;
  let rule = `requires at least ${plural(least)}`;
  if (most === 0) rule = 'accepts no arguments';
  else if (least === most) rule = `requires ${plural(least)}`;
  else if (count > most) rule = `requires at most ${plural(most)}`;
  const meant = slip?.(operands);
  throw new UsageError(`'${name}' ${rule}`, {
    exitCode: Exit.failure,
    hint: meant === undefined ? undefined : `Did you mean '${name} ${meant}'?`,
  });
}
