import type { ImageConfig } from '../../oci/image-config.ts';
import type { AuditFinding, AuditPlace } from '../audit-types.ts';
import { masked, tokensIn, type Found } from './shapes.ts';
import { credentialsIn, distinct, isCredential, urlPasswordsIn } from './values.ts';

/** Credentials in the config of an image: its variables, labels, commands and history. */
export function auditConfig({ config = {}, history = [] }: ImageConfig): AuditFinding[] {
  const found: AuditFinding[] = [];
  /** Values that were told: a variable stands in the history, too. */
  const told = new Set<string>();
  const add = (place: AuditPlace, where: string, all: readonly Found[], line?: number): void => {
    for (const { rule, description, value } of distinct(all)) {
      if (place === 'history' && told.has(value)) continue;
      told.add(value);
      const at = line !== undefined && { line };
      found.push({ rule, description, place, where, value: masked(value), ...at });
    }
  };
  for (const entry of config.Env ?? []) {
    const [name, value] = pairOf(entry);
    add('variable', name, named('CredentialInEnv', name, value));
  }
  for (const [name, value] of Object.entries(config.Labels ?? {})) {
    add('label', name, named('CredentialInLabel', name, value));
  }
  for (const [name, words] of [
    ['Entrypoint', config.Entrypoint],
    ['Cmd', config.Cmd],
    ['Healthcheck', config.Healthcheck?.Test],
    ['OnBuild', config.OnBuild],
  ] as const) {
    if (words) add('config', name, credentialsIn(` ${words.join(' ')}`));
  }
  for (const [at, { created_by: text = '' }] of history.entries()) {
    const { word, pairs, command } = instructionOf(text);
    const args = pairs.flatMap(([name, value]) =>
      named(
        `CredentialIn${word === 'ENV' ? 'Env' : word === 'LABEL' ? 'Label' : 'Arg'}`,
        name,
        value,
      ),
    );
    const names = pairs.map(([name]) => name).join(' ');
    add('history', `${word} ${names}`.trim(), args, at + 1);
    add('history', word, credentialsIn(` ${command}`), at + 1);
  }
  return found;
}

/** A value with its name: a credential by either of them. */
function named(rule: string, name: string, value: string): Found[] {
  const tokens = [...tokensIn(value), ...urlPasswordsIn(value)];
  if (!isCredential(name, value)) return tokens;
  return [...tokens, { rule, description: `the value of ${name}`, value, at: 0 }];
}

/** An instruction of the history: `ENV A=1`, `RUN |1 A=1 /bin/sh -c …`, and as older builders wrote them. */
function instructionOf(text: string): {
  readonly word: string;
  readonly pairs: readonly (readonly [string, string])[];
  readonly command: string;
} {
  const plain = text
    .replace(/^\/bin\/sh -c #\(nop\)\s+/, '')
    .replace(/^(?:\/bin\/sh -c|\|)/, 'RUN $&');
  const word = /^[A-Z]+(?= )/.exec(plain)?.[0] ?? 'RUN';
  const rest = plain.slice(word.length).trim();
  if (word === 'ENV' || word === 'ARG' || word === 'LABEL') {
    return { word, pairs: assignments(rest), command: '' };
  }
  const count = Number(/^\|(\d{1,4}) /.exec(rest)?.[1] ?? 0);
  if (count === 0) return { word, pairs: [], command: rest };
  // Values may have blanks in them; the command begins with the shell.
  const list = rest.replace(/^\|\d+ /, '');
  const shell = list.search(/ \/(?:\S*\/)?(?:ba|da|a|z)?sh -\w*c /);
  const args = shell < 0 ? list : list.slice(0, shell);
  return {
    word,
    pairs: assignments(args).slice(0, count),
    command: shell < 0 ? '' : list.slice(shell),
  };
}

/** `A=1 B="x y" C=z`. */
function assignments(text: string): (readonly [string, string])[] {
  const starts = [...text.matchAll(/(?:^|\s)([A-Za-z_][\w.-]{0,100})=/g)];
  return starts.map(({ 0: all, 1: name = '', index }, at) => {
    const value = text.slice(index + all.length, starts[at + 1]?.index ?? text.length);
    return [name, value.trim()] as const;
  });
}

function pairOf(entry: string): readonly [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}
