import { RegistryConfigError } from './errors.ts';

/** A value of a TOML file: of the kinds that the settings of registries use. */
export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable;

/** A table. It has no prototype, so that any key may be asked for. */
export interface TomlTable {
  readonly [key: string]: TomlValue;
}

type Draft = Record<string, unknown>;

const LIMIT = 1024 * 1024;
const DEPTH = 20;

/**
 * Reads what `registries.conf` and `hosts.toml` are written in: tables, lists of tables, inline
 * tables, strings, whole numbers, booleans, arrays. `place` names the file in errors.
 * Throws RegistryConfigError.
 *
 * @see https://toml.io/en/v1.0.0
 */
export function parseToml(text: string, place: string): TomlTable {
  return new Parser(text, place).file();
}

class Parser {
  readonly #text: string;
  readonly #place: string;
  #at = 0;

  constructor(text: string, place: string) {
    this.#text = text.replace(/\r\n/g, '\n');
    this.#place = place;
    if (text.length > LIMIT) this.#fail('the file is too large');
  }

  file(): TomlTable {
    const root = blank();
    let table = root;
    for (;;) {
      this.#skipLines();
      if (this.#at >= this.#text.length) return root as TomlTable;
      if (this.#take('[[')) {
        const path = this.#path();
        this.#expect(']]');
        table = this.#listed(root, path);
      } else if (this.#take('[')) {
        const path = this.#path();
        this.#expect(']');
        table = this.#inner(root, path);
      } else {
        this.#pair(table);
      }
      this.#endOfLine();
    }
  }

  #pair(table: Draft): void {
    const path = this.#path();
    this.#expect('=');
    const parent = this.#inner(table, path.slice(0, -1));
    const key = path.at(-1) ?? '';
    if (Object.hasOwn(parent, key)) this.#fail(`${key} is there twice`);
    parent[key] = this.#value(0);
  }

  #path(): string[] {
    const path: string[] = [];
    do {
      this.#skipBlanks();
      path.push(this.#key());
      this.#skipBlanks();
    } while (this.#take('.'));
    return path;
  }

  #key(): string {
    const quote = this.#text[this.#at];
    if (quote === '"' || quote === "'") return this.#string(quote);
    return this.#match(/[A-Za-z0-9_-]+/y) ?? this.#fail('a key is missing');
  }

  #value(depth: number): unknown {
    this.#skipBlanks();
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") return this.#string(first);
    if (depth > DEPTH) this.#fail('values are nested too deep');
    if (this.#take('[')) return this.#array(depth);
    if (this.#take('{')) return this.#inline(depth);
    const word = this.#match(/[A-Za-z0-9_+-]+/y) ?? this.#fail('a value is missing');
    if (word === 'true' || word === 'false') return word === 'true';
    if (/^[+-]?\d+$/.test(word)) return Number(word);
    return this.#fail(`${word} is no value that is known here`);
  }

  #array(depth: number): unknown[] {
    const values: unknown[] = [];
    for (;;) {
      this.#skipLines();
      if (this.#take(']')) return values;
      values.push(this.#value(depth + 1));
      this.#skipLines();
      if (this.#take(',')) continue;
      this.#expect(']');
      return values;
    }
  }

  #inline(depth: number): Draft {
    const table = blank();
    this.#skipBlanks();
    if (this.#take('}')) return table;
    do {
      const path = this.#path();
      this.#expect('=');
      this.#inner(table, path.slice(0, -1))[path.at(-1) ?? ''] = this.#value(depth + 1);
      this.#skipBlanks();
    } while (this.#take(','));
    this.#expect('}');
    return table;
  }

  #string(quote: '"' | "'"): string {
    const fence = quote.repeat(3);
    if (this.#text.startsWith(fence, this.#at))
      this.#fail('strings of several lines are not read here');
    const whole =
      this.#match(quote === '"' ? /"(?:[^"\\\n]|\\.)*"/y : /'[^'\n]*'/y) ??
      this.#fail('a string has no end');
    if (quote === "'") return whole.slice(1, -1);
    try {
      const plain = whole.replace(/\\U([0-9A-Fa-f]{8})/g, (_, hex: string) =>
        String.fromCodePoint(parseInt(hex, 16)),
      );
      return JSON.parse(plain.replaceAll('\t', '\\t')) as string;
    } catch {
      return this.#fail('a string holds what is not known');
    }
  }

  /** The table below `table`, made where it is missing; of a list its last one. */
  #inner(table: Draft, path: readonly string[]): Draft {
    let now = table;
    for (const key of path) {
      const next = (now[key] ??= blank());
      const last: unknown = Array.isArray(next) ? next.at(-1) : next;
      if (typeof last !== 'object' || last === null) this.#fail(`${key} is no table`);
      now = last as Draft;
    }
    return now;
  }

  #listed(root: Draft, path: readonly string[]): Draft {
    const parent = this.#inner(root, path.slice(0, -1));
    const list = (parent[path.at(-1) ?? ''] ??= []);
    if (!Array.isArray(list)) this.#fail(`${path.join('.')} is no list of tables`);
    const table = blank();
    (list as unknown[]).push(table);
    return table;
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #expect(text: string): void {
    this.#skipBlanks();
    if (!this.#take(text)) this.#fail(`${text} is missing`);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #skipBlanks(): void {
    this.#match(/[ \t]*/y);
  }

  #skipLines(): void {
    this.#match(/(?:[ \t\n]|#[^\n]*)*/y);
  }

  #endOfLine(): void {
    this.#match(/[ \t]*(?:#[^\n]*)?/y);
    if (this.#at < this.#text.length && !this.#take('\n')) this.#fail('the line goes on');
  }

  #fail(why: string): never {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    throw new RegistryConfigError(`${this.#place}:${line}: ${why}`);
  }
}

function blank(): Draft {
  return Object.create(null) as Draft;
}
