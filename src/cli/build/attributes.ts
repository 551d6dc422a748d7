import { csvFields } from '../../base/csv.ts';
import { InvalidInputError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';

/**
 * The values of a flag that is written `type=…,key=value,…`. Every key must be asked for:
 * {@link Attributes.done} refuses what is left. Throws InvalidInputError, with the flag and the
 * nearest right word.
 */
export class Attributes {
  readonly #flag: string;
  readonly #text: string;
  readonly #values = new Map<string, string>();
  readonly #known: string[] = [];

  /** `typed` is what messages show, where the text is not what was typed. */
  constructor(flag: string, text: string, typed = text) {
    this.#flag = flag;
    this.#text = typed;
    for (const field of this.#fields(text)) {
      const equals = field.indexOf('=');
      if (equals < 0) throw this.error(`${JSON.stringify(field)} is not key=value`);
      this.#values.set(field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1));
    }
  }

  #fields(text: string): string[] {
    try {
      return csvFields(text);
    } catch (error) {
      if (error instanceof RangeError) throw this.error(error.message);
      throw error;
    }
  }

  text(key: string): string | undefined {
    this.#known.push(key);
    const value = this.#values.get(key);
    this.#values.delete(key);
    return value;
  }

  /** One of some words. */
  word<T extends string>(key: string, words: readonly T[]): T | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    throw this.error(`unknown ${key} ${JSON.stringify(value)}${near(value, words)}`);
  }

  flag(key: string): boolean | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    if (/^(?:1|t|true)$/i.test(value)) return true;
    if (/^(?:0|f|false)$/i.test(value)) return false;
    throw this.error(`${key}=${value} is neither true nor false`);
  }

  number(key: string): number | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    if (!/^\d{1,9}$/.test(value)) throw this.error(`${key}=${value} is not a number`);
    return Number(value);
  }

  /** Takes every key that `read` makes something of. */
  each<T>(read: (key: string, value: string) => T | undefined): T[] {
    const found: T[] = [];
    for (const [key, value] of this.#values) {
      const made = read(key, value);
      if (made === undefined) continue;
      found.push(made);
      this.#values.delete(key);
    }
    return found;
  }

  /** Refuses a key that nobody asked for. `what` is what has no such option. */
  done(what: string): void {
    const [key] = this.#values.keys();
    if (key === undefined) return;
    throw this.error(`${what} has no option ${JSON.stringify(key)}${near(key, this.#known)}`);
  }

  error(reason: string): InvalidInputError {
    return new InvalidInputError(`invalid ${this.#flag} ${JSON.stringify(this.#text)}: ${reason}`);
  }
}

function near(word: string, words: readonly string[]): string {
  const found = closest(word, words, { max: 3, ignoreCase: true });
  return found === undefined ? '' : ` (did you mean ${found}?)`;
}
