import type { Said } from './recordings.ts';

/** What is different in every run, and how it is written instead. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)/g, '<time>'],
  [/\d{4}-\d\d-\d\d [\d:.]+ \+0000 UTC/g, '<time>'],
  [/(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])/g, '<date>'],
  [
    /\b(?:Less than a second|About an? (?:minute|hour)|\d+ (?:second|minute|hour)s?)(?: ago)?\b/g,
    '<age>',
  ],
  [/(?<![\w.])(?!0B)\d+(?:\.\d+)?(?:B|kB|MB|GB|KiB|MiB|GiB)(?!\w)/g, '<size>'],
  [/("?\b[sS]ize"?: ?)\d+\b/g, '$1<number>'],
  [/(?<![\w:.-])\d{6,11}(?![\w.-])/g, "<number>"],
  [/\b\d+\.\d+s\b/g, '<seconds>'],
  [/\b(?=\w*[a-z])(?=\w*\d)[0-9a-z]{25}\b/g, '<id>'],
  [/^[0-9a-z]{12}(?= {3}regular)/gm, '<id>'],
  [/^#\d+ \d+\.\d{3} /gm, '#<step> <seconds> '],
  // A shell on a terminal asks where the cursor is, and draws its prompt as often as the size is told.
  [/\x1b\[(?:6n|J)/g, ''],
  [/(?:\/ # \n?)+(?=\/ # )/g, ''],
  // Processes, as top lists them.
  [/^(root +)\d+ +\d+ +(\d+) +\d\d:\d\d +/gm, '$1<pid> <pid> $2 <hour> '],
  // How often a health check was made by then, and the beginning of an ID.
  [/"Log":\[\{"Start".*\]/g, '"Log":[<checks>]'],
  [/\b[0-9a-f]{14}…/g, '<part>…'],
  // What a resolver or a proxy says is the machine's.
  [/\bdial tcp.*$/gm, 'dial tcp <reason>'],
  [/\b\d+\.\d+\.\d+(?:\+\w+)?(?=[ ,]|$)/gm, '<version>'],
  // Several blobs are asked for at once: any of them may be the first that is refused.
  [/(Head "\S*\/blobs\/sha256:)[0-9a-f]{64}/g, '$1<which>'],
  // Parts of IDs that templates cut out.
  [/\bsha256:[0-9a-f]{7}\b/g, 'sha256:<part>'],
  [/\|[0-9a-f]{4}\|/g, '|<part>|'],
  [/^[0-9a-f]{7}$/gm, '<part>'],
];

/** Columns whose width follows what varies. */
const LOOSE = /(<time>|<age>|<size>\*?|\b0B\*?|\b(?:CREATED|CREATED AT|STATUS|LAST USED|LAST ACCESSED|SIZE|RECLAIMABLE))(?: {3,})(?=\S|$)/g;

/** How one run is compared with another. */
export interface NormalOptions {
  /** Rows come in any order. */
  readonly anyOrder: boolean;
  /** Widths of columns do not count either: they hold the address of a registry. */
  readonly anyWidth: boolean;
}

/**
 * What was said without what cannot be the same twice: times, ages, sizes, durations. IDs and digests become the
 * numbers of their first appearance, so that the same one is still the same.
 */
export function normal(said: Said, options: NormalOptions): Said {
  const number = options.anyOrder ? masked : numberer();
  const plain = (text: string): string => {
    let result = text;
    for (const [pattern, instead] of VARYING) result = result.replace(pattern, instead);
    result = result.replace(LOOSE, '$1   ');
    return options.anyWidth ? result.replaceAll(/ {3,}/g, '   ') : result;
  };
  const stdout = options.anyOrder ? sorted(plain(said.stdout)) : plain(said.stdout);
  return { stdout: number(stdout), stderr: number(plain(said.stderr)), code: said.code };
}

const DIGEST = /\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b/g;

function masked(text: string): string {
  return text.replaceAll(DIGEST, (hex) => '#'.repeat(hex.length));
}

function numberer(): (text: string) => string {
  const known = new Map<string, number>();
  return (text) =>
    text.replaceAll(DIGEST, (hex) => {
      const short = hex.slice(0, 12);
      const number = known.get(short) ?? known.size + 1;
      known.set(short, number);
      return `#${String(number).padStart(hex.length - 1, '0')}`;
    });
}

function sorted(text: string): string {
  const [head = '', ...rows] = text.split(/(?<=\n)/);
  const key = (row: string): string => row.replaceAll(DIGEST, '');
  // The names of one image, as a template prints them.
  if (text.startsWith('[')) return text.split(/[ [\]]+/).sort().join(' ');
  const hasHead = head.startsWith('REPOSITORY');
  const all = hasHead ? rows : [head, ...rows];
  return (hasHead ? head : '') + all.sort((a, b) => (key(a) < key(b) ? -1 : 1)).join('');
}
