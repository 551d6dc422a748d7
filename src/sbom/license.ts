import { createHash } from 'node:crypto';
import { EXCEPTION_IDS, LICENSE_IDS } from './license-ids.ts';

/** What a package says of its licence, in SPDX's words. */
export interface License {
  /** Valid by SPDX's grammar; names that SPDX does not have are `LicenseRef-…`. */
  readonly expression: string;
  /** One identifier of SPDX, and nothing else. */
  readonly isId: boolean;
  /** What the references stand for. */
  readonly references: ReadonlyMap<string, string>;
}

const WORDS_LIMIT = 200;
const REFERENCE = 'LicenseRef-';
const IDS = new Map([...LICENSE_IDS].map((id) => [id.toLowerCase(), id]));
const EXCEPTIONS = new Map([...EXCEPTION_IDS].map((id) => [id.toLowerCase(), id]));

/**
 * Reads the licence of a package. An expression keeps its form, with references for names that
 * SPDX does not know; any other text is one reference.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
 */
export function licenseOf(text: string): License {
  const references = new Map<string, string>();
  const refer = (name: string): string => {
    const reference = referenceOf(name);
    references.set(reference, name);
    return reference;
  };
  const expression = parsed(text, refer);
  if (expression !== undefined) {
    return { expression, isId: LICENSE_IDS.has(expression), references };
  }
  references.clear();
  return { expression: refer(text), isId: false, references };
}

/** What stands for a name in expressions, which have few characters: another for each name. */
function referenceOf(name: string): string {
  if (/^LicenseRef-[A-Za-z0-9.-]+$/.test(name)) return name;
  const plain = name.replaceAll('+', '-plus');
  const short = plain.replaceAll(/[^A-Za-z0-9.-]+/g, '-').slice(0, 100);
  if (short === plain) return REFERENCE + short;
  return `${REFERENCE}${short}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

/** With SPDX's spelling; undefined when it is no expression. */
function parsed(text: string, refer: (name: string) => string): string | undefined {
  const words = text.match(/[()]|[^\s()]+/g) ?? [];
  if (words.length === 0 || words.length > WORDS_LIMIT) return undefined;
  const parts: string[] = [];
  let depth = 0;
  /** Whether a licence is to come next. */
  let isOpen = true;
  for (const [at, word] of words.entries()) {
    const operator = word.toUpperCase();
    if (word === '(') {
      if (!isOpen) return undefined;
      depth += 1;
    } else if (word === ')') {
      if (isOpen || (depth -= 1) < 0) return undefined;
    } else if (operator === 'AND' || operator === 'OR' || operator === 'WITH') {
      if (isOpen || (operator === 'WITH' && !mayHaveException(words, at))) return undefined;
      isOpen = true;
      parts.push(operator);
      continue;
    } else {
      if (!isOpen) return undefined;
      isOpen = false;
      const isException = parts.at(-1) === 'WITH';
      const known = isException
        ? EXCEPTIONS.get(word.toLowerCase())
        : (IDS.get(word.toLowerCase()) ?? refer(word));
      if (known === undefined) return undefined;
      parts.push(known);
      continue;
    }
    parts.push(word);
  }
  if (isOpen || depth !== 0) return undefined;
  return parts.join(' ').replaceAll('( ', '(').replaceAll(' )', ')');
}

/** Only a licence by its name has exceptions, and one at most. */
function mayHaveException(words: readonly string[], at: number): boolean {
  return words[at - 1] !== ')' && words[at - 2]?.toUpperCase() !== 'WITH';
}
