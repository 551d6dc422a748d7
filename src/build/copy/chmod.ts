import { InvalidInputError } from '../../base/errors.ts';

/** Gives the permission bits that an entry gets, from those it has. */
export type ModeChange = (mode: number, isDirectory: boolean) => number;

const CLAUSE = /^([ugoa]*)([-+=])([rwxXstugo]*)/;

/**
 * Reads a `--chmod` value: octal up to 7777, or the symbolic form of chmod(1) (`u=rwX,go=rX`).
 * Throws InvalidInputError.
 */
export function parseMode(text: string): ModeChange {
  const octal = octalMode(text);
  if (octal !== undefined) return () => octal;
  if (/^[0-9]/.test(text)) throw invalid(text);
  const clauses = text.split(',').map((clause) => parseClause(clause, text));
  return (mode, isDirectory) =>
    clauses.reduce((current, change) => change(current, isDirectory, mode), mode);
}

/** The octal value, where the text is one: created parents take it too. */
export function octalMode(text: string): number | undefined {
  return /^0*[0-7]{1,4}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** One change of several: it works on what those before it left, but for `X`, which asks the mode of before. */
type Step = (mode: number, isDirectory: boolean, before: number) => number;

function parseClause(clause: string, whole: string): Step {
  const who = /^[ugoa]*/.exec(clause)?.[0] ?? '';
  const changes: Step[] = [];
  let rest = clause.slice(who.length);
  if (rest === '') throw invalid(whole);
  while (rest !== '') {
    const found = CLAUSE.exec(rest);
    if (!found || found[1] !== '') throw invalid(whole);
    changes.push(change(who === '' ? 'a' : who, found[2] ?? '', found[3] ?? ''));
    rest = rest.slice(found[0].length);
  }
  return (mode, isDirectory, before) =>
    changes.reduce((m, apply) => apply(m, isDirectory, before), mode);
}

const SHIFTS = { u: 6, g: 3, o: 0 } as const;
/** The set-id bit that belongs to a class: `=` clears it with the others. */
const SET_ID = { u: 0o4000, g: 0o2000, o: 0 } as const;

function change(who: string, operator: string, what: string): Step {
  const classes = (['u', 'g', 'o'] as const).filter((c) => who.includes(c) || who.includes('a'));
  return (mode, isDirectory, before) => {
    const mayEnter = isDirectory || (before & 0o111) !== 0;
    let bits = 0;
    let touched = 0;
    for (const c of classes) {
      bits |= permissions(what, mode, mayEnter) << SHIFTS[c];
      touched |= (7 << SHIFTS[c]) | SET_ID[c];
    }
    if (what.includes('s'))
      bits |= (classes.includes('u') ? 0o4000 : 0) | (classes.includes('g') ? 0o2000 : 0);
    if (what.includes('t')) bits |= 0o1000;
    if (operator === '+') return mode | bits;
    if (operator === '-') return mode & ~bits;
    return (mode & ~touched) | bits;
  };
}

function permissions(what: string, mode: number, mayEnter: boolean): number {
  let bits = 0;
  for (const letter of what) {
    if (letter === 'r') bits |= 4;
    else if (letter === 'w') bits |= 2;
    else if (letter === 'x') bits |= 1;
    else if (letter === 'X' && mayEnter) bits |= 1;
    else if (letter === 'u' || letter === 'g' || letter === 'o')
      bits |= (mode >> SHIFTS[letter]) & 7;
  }
  return bits;
}

function invalid(text: string): InvalidInputError {
  return new InvalidInputError(
    `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    { hint: 'Symbolic forms such as u=rwX,go=rX work too.' },
  );
}
