import { closest } from '../../base/suggest.ts';
import { directive } from '../directives.ts';
import { lineSpan } from '../lines.ts';
import { finding, type LintWarning } from './rule.ts';

const NAMES = ['syntax', 'escape', 'check'];

/** MisspelledDirective: a line among the directives at the top whose name is nearly one of theirs. */
export function misspelledDirectives(text: string): LintWarning[] {
  const found: LintWarning[] = [];
  for (let at = 0, number = 1; at < text.length; number += 1) {
    const feed = text.indexOf('\n', at);
    const end = feed < 0 ? text.length : feed;
    const line = text.slice(at, end).trim();
    at = end + 1;
    if (!line.startsWith('#')) break;
    if (directive(line.slice(1))) continue;
    const name = /^#\s*([A-Za-z]+)\s*=\s*\S/.exec(line)?.[1];
    const near = name === undefined ? undefined : closest(name.toLowerCase(), NAMES);
    if (name === undefined || near === undefined) break;
    found.push(
      finding(
        'MisspelledDirective',
        `'# ${name}=' is a comment, not a parser directive (did you mean ${near}?)`,
        { span: lineSpan(number, line.length) },
      ),
    );
  }
  return found;
}
