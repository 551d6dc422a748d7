import type { Command } from '../command.ts';
import type { Flag } from '../flags.ts';

/** What stands before the cursor, behind the command's name. */
export interface TypedLine {
  readonly operands: readonly string[];
  /** Flags with their values, as `--name=value`. */
  readonly flags: readonly string[];
  /** Values of the flags that were typed, by long name. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** A flag whose value comes next. */
  readonly open: string | undefined;
  /** `--`, or the operand after which nothing is ours, has been seen. */
  readonly isOver: boolean;
}

/** Reads the words as `parseFlags` does, but for not minding what is wrong or unknown. */
export function typedLine(words: readonly string[], command: Command): TypedLine {
  const { flags: table, stopAtOperand = false } = command;
  const known = Object.entries(table);
  const operands: string[] = [];
  const values = new Map<string, string[]>();
  let open: string | undefined;
  let isOver = false;
  const take = (name: string, value: string): void => {
    values.set(name, [...(values.get(name) ?? []), value]);
    open = undefined;
  };
  const begin = (name: string, flag: Flag<unknown>, value: string | undefined): void => {
    if (value === undefined && flag.bare === undefined) open = name;
    else take(name, value ?? flag.bare ?? '');
  };
  for (const word of words) {
    if (open !== undefined) take(open, word);
    else if (isOver || word === '-' || !word.startsWith('-')) {
      operands.push(word);
      isOver ||= stopAtOperand;
    } else if (word === '--') isOver = true;
    else if (word.startsWith('--')) {
      const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
      const flag = Object.hasOwn(table, name) ? table[name] : undefined;
      if (flag) begin(name, flag, value);
    } else {
      for (let at = 1; at < word.length; at++) {
        const [name, flag] = known.find(([, { short }]) => short === word[at]) ?? [];
        if (name === undefined || flag === undefined) break;
        const rest = word.slice(at + 1);
        const value = rest.startsWith('=') ? rest.slice(1) : rest || undefined;
        if (flag.bare === undefined || rest.startsWith('=')) {
          begin(name, flag, value);
          break;
        }
        take(name, flag.bare);
      }
    }
  }
  const flags = [...values].flatMap(([name, all]) => all.map((value) => `--${name}=${value}`));
  return { operands, flags, values, open, isOver };
}
