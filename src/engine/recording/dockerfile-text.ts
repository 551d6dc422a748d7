/** Characters of texts that mean the same to a Dockerfile, to every shell, and to a reader. */
const PLAIN_PATH = /^\/[\w@%+=:,./-]*$/;
const ODD = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
/** Of a shell's text: what every POSIX shell reads alike, and no Dockerfile reads at all. */
const PLAIN_SCRIPT = /^[\w./:=@%+,\- *'"$|&;><~?]+$/;

/** How a RUN is to be run. */
export interface Script {
  /** Text of a shell; several may be on several lines. */
  readonly lines: readonly string[];
  /** The shell that has to read it, where it is not the image's own. */
  readonly shell?: string;
}

/** Whether all of a text can stand in a Dockerfile: it is text, and has no characters that steer. */
export function isText(text: string): boolean {
  return !ODD.test(text.replaceAll(/[\n\t]/g, '')) && !text.includes('\ufffd') && !LONE.test(text);
}

const LONE = /\p{Surrogate}/u;

/** Whether a path can stand there as it is. */
export function isPlainPath(path: string): boolean {
  return PLAIN_PATH.test(path);
}

/** Whether a text is one line that `sh` reads as bash does, and that a Dockerfile leaves alone. */
export function isPlainScript(text: string): boolean {
  if (!PLAIN_SCRIPT.test(text) || /^\s*(?:--|$)/.test(text) || text !== text.trim()) return false;
  return !/<<|&>|\|&|\becho\s+-\w*[eE]|>&(?![\d-])|\$['"]|\bsource\b|\bpushd\b|\bpopd\b|\blet\b|\bdeclare\b|\blocal\b/.test(
    text,
  );
}

/** A RUN. Throws a plain Error for what is no text: ask {@link isText} before. */
export function runLines({ lines, shell }: Script): string {
  const text = lines.join('\n');
  if (!isText(text)) throw new Error('a script that is no text');
  if (shell === undefined && lines.every(isPlainScript)) return `RUN ${lines.join(' \\\n && ')}`;
  const end = delimiterFor(text);
  const first = shell === undefined ? '' : `#!${shell}\n`;
  return `RUN <<'${end}'\n${first}${text}\n${end}`;
}

/** A word that is no line of a text. */
function delimiterFor(text: string): string {
  const lines = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  let end = 'EOF';
  for (let number = 2; lines.has(end); number += 1) end = `EOF${number}`;
  return end;
}

/** A value between double quotes; undefined when no quotes can hold it. */
export function quotedValue(text: string): string | undefined {
  if (ODD.test(text) || !isText(text)) return undefined;
  return `"${text.replaceAll(/["\\$]/g, '\\$&')}"`;
}

/** A comment of one line, whatever the text. */
export function comment(text: string): string {
  const [first = '', ...more] = text.split('\n');
  const shown = Array.from(first.replaceAll(/\s/g, ' '), (char) => (isText(char) ? char : '?'));
  const cut = shown.length > 120 || more.length > 0;
  return `# ${shown.slice(0, 120).join('')}${cut ? ' …' : ''}`;
}
