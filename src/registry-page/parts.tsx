import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { type Refusal, session } from './api.ts';
import { ago, short, shown } from './format.ts';
import { say } from './say.ts';
import { wantsSignIn } from './sign-in.tsx';

/** What went wrong, with a way in for those who have to sign in. */
export function Problem({ error }: { readonly error: Refusal }) {
  const isStranger = error.status === 401 && session.value?.user == null;
  return (
    <div class="problem" role="alert">
      <p>{isStranger ? 'This is for those who have signed in.' : shown(error.message)}</p>
      {isStranger && (
        <button type="button" class="strong" onClick={() => (wantsSignIn.value = true)}>
          Sign in
        </button>
      )}
    </div>
  );
}

/** A time, as long ago. */
export function Time({ at }: { readonly at: string }) {
  const text = ago(at);
  if (text === undefined) return <span>{shown(at)}</span>;
  return (
    <time dateTime={at} title={new Date(at).toUTCString()}>
      {text}
    </time>
  );
}

/** A button that copies a text. */
export function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  const [isDone, setDone] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const copy = async (): Promise<void> => {
    setDone(await copied(text));
    say(`Copied ${what}`);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" class="copy" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      {isDone ? 'Copied' : 'Copy'}
    </button>
  );
}

/** Pages over plain HTTP have no clipboard; there the old way does it. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'unseen';
    document.body.append(area);
    area.select();
    const isDone = document.execCommand('copy');
    area.remove();
    return isDone;
  }
}

/** A digest, short, that can be copied whole; with what it leads to, if anything. */
export function Digest({
  digest,
  href,
}: {
  readonly digest: string;
  readonly href?: string | undefined;
}) {
  return (
    <span class="digest">
      {href === undefined ? (
        <code title={digest}>{short(digest)}</code>
      ) : (
        <a href={href} title={digest}>
          {short(digest)}
        </a>
      )}
      <Copy text={digest} what="digest" />
    </span>
  );
}

/** A part of a view under a heading of its own. */
export function Section({
  title,
  note,
  children,
}: {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="card">
      <div class="top">
        <h2>{title}</h2>
        {note !== undefined && <div class="note">{note}</div>}
      </div>
      {children}
    </section>
  );
}

/** The field that a list is searched with. */
export function Search({
  label,
  value,
  onInput,
}: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
}) {
  return (
    <input
      type="search"
      placeholder={label}
      aria-label={label}
      value={value}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  );
}

/** The button under a list that goes on. */
export function More({ onMore }: { readonly onMore: (() => void) | undefined }) {
  if (!onMore) return null;
  return (
    <button type="button" class="more" onClick={onMore}>
      Show more
    </button>
  );
}

/** Commands that can be copied. */
export function Commands({ lines }: { readonly lines: readonly string[] }) {
  return (
    <ul class="commands">
      {lines.map((line) => (
        <li key={line}>
          <code>{line}</code>
          <Copy text={line} what="command" />
        </li>
      ))}
    </ul>
  );
}

/** Names and values. */
export function Pairs({
  rows,
}: {
  readonly rows: readonly (readonly [name: string, value: ComponentChildren])[];
}) {
  return (
    <dl class="pairs">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{shown(name)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
