import type { StepDifference } from '../../base/progress.ts';

/** Differences that are told in one line. */
const TOLD = 6;
/** Characters of an instruction in a line of reasons. */
const SHORT = 60;
/** Characters kept around what differs in a long text. */
const AROUND = 12;

/** All differences in one line. */
export function inWords(differences: readonly StepDifference[]): string {
  const words = [...new Set(differences.map(word))];
  const rest = words.length - TOLD;
  return [...words.slice(0, TOLD), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}

function word(difference: StepDifference): string {
  const { kind, name, how, before, after } = difference;
  if (how === 'moved') return `the order of ${kind.toUpperCase()} ${name}`;
  switch (kind) {
    case 'platform':
      return `platform ${before ?? ''} → ${after ?? ''}`;
    case 'base':
      return baseWord(before ?? '', after ?? '');
    case 'base env':
      return `ENV ${name} of the base image ${how}`;
    case 'arg':
    case 'env':
      return `${kind.toUpperCase()} ${name} ${how}`;
    case 'variable':
      return `variable ${name} in it ${how}`;
    case 'SHELL':
    case 'WORKDIR':
      return `${kind} ${how}`;
    case 'instruction':
      return edit(before ?? '', after ?? '');
    case 'flag':
      return flagWord(difference);
    default:
      return filesWord(difference);
  }
}

function baseWord(before: string, after: string): string {
  const [old, now] = [before, after].map((text) => text.replace(/^FROM /, ''));
  const [oldName, oldDigest] = split(old ?? '');
  const [name, digest] = split(now ?? '');
  if (oldName !== name) return `base image ${oldName} → ${name}`;
  return `base image ${name} changed (${digestWord(oldDigest)} → ${digestWord(digest)})`;
}

function split(reference: string): [string, string] {
  const at = reference.lastIndexOf('@sha256:');
  return at < 0 ? [reference, ''] : [reference.slice(0, at), reference.slice(at + 1)];
}

function digestWord(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}

/** `FROM name@digest` as people write it. */
export function withoutDigest(text: string): string {
  return text.replace(/^(FROM [^@\s]+)@sha256:[0-9a-f]+$/, '$1');
}

function flagWord({ name, how, before, after }: StepDifference): string {
  // Its value is a list, and the instruction shows it better.
  if (name.startsWith('--mount ')) return `${name} ${how}`;
  const value = (text: string | undefined): string => shortened(text === '' ? "''" : (text ?? ''));
  if (how === 'changed') return `${name} ${value(before)} → ${value(after)}`;
  return `${name} ${value(how === 'added' ? after : before)} ${how}`;
}

function filesWord({ kind, name, how, files, counts }: StepDifference): string {
  const of = kind === 'file' ? 'file' : kind;
  const [first] = files ?? [];
  if (!files || !counts || !first) return `${of} ${name} ${how}`;
  const lead = kind === 'file' ? '' : `${kind} ${name}: `;
  if (counts.of === 1) return `${lead}file ${first.path} (${first.what})`;
  const listed = files.map(({ path, what }) => `${path} (${what})`).join(', ');
  const rest = counts.differ - files.length;
  return (
    `${lead}${counts.differ} of ${counts.of} files ${counts.differ === 1 ? 'differs' : 'differ'}: ` +
    `${listed}${rest > 0 ? ` and ${rest} more` : ''}`
  );
}

/** An instruction or value on one line, cut where it is long. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const characters = Array.from(line);
  return characters.length <= SHORT ? line : `${characters.slice(0, SHORT - 1).join('')}…`;
}

/** Old and new text; of long ones what lies around the difference. */
function edit(before: string, after: string): string {
  const [a, b] = [before, after].map((text) => Array.from(text.replace(/\s+/g, ' ').trim()));
  const [old = [], now = []] = [a, b];
  if (old.length <= SHORT && now.length <= SHORT) return `${old.join('')} → ${now.join('')}`;
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old.at(-1 - tail) === now.at(-1 - tail)
  ) {
    tail += 1;
  }
  const cut = (text: readonly string[]): string => {
    const from = Math.max(0, head - AROUND);
    const to = Math.min(text.length, text.length - tail + AROUND, from + SHORT);
    return `${from > 0 ? '…' : ''}${text.slice(from, to).join('')}${to < text.length ? '…' : ''}`;
  };
  const word = old.slice(0, Math.max(0, old.indexOf(' '))).join('');
  return `${head - AROUND > 0 ? `${word} ` : ''}${cut(old)} → ${cut(now)}`;
}
