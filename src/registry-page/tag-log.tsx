import { useState } from 'preact/hooks';
import { all, ask } from './api.ts';
import { shown } from './format.ts';
import { useLoad } from './load.ts';
import { Digest, Problem, Section, Time } from './parts.tsx';
import { linkTo } from './route.ts';

interface Change {
  readonly time: string;
  readonly tag: string;
  readonly what: string;
  readonly who?: string;
  readonly digest?: string;
}

const FIRST = 8;

/** What the tags of a repository, or one of them, meant before. */
export function TagLog({ name, tag }: { readonly name: string; readonly tag?: string }) {
  const [isWhole, setWhole] = useState(false);
  const query = new URLSearchParams({ n: '200', ...(tag !== undefined && { tag }) });
  const { data, error } = useLoad(`${name} ${tag ?? ''}`, () =>
    ask<{ changes: readonly Change[] }>(`/v2/${name}/_stave/log?${query.toString()}`, all(name)),
  );
  if (error) return error.status === 404 ? null : <Problem error={error} />;
  if (!data || data.changes.length === 0) return null;
  const changes = isWhole ? data.changes : data.changes.slice(0, FIRST);
  return (
    <Section title="Changes" note={tag === undefined ? 'of all tags' : 'of this tag'}>
      <ol class="rows slim">
        {changes.map((change) => (
          <li key={`${change.time} ${change.tag} ${change.what}`}>
            <span class="main">
              <span class={`chip ${change.what === 'push' ? '' : 'warm'}`}>
                {shown(change.what)}
              </span>
              {tag === undefined && <strong>{shown(change.tag)}</strong>}
              {change.who !== undefined && <span class="dim">by {shown(change.who)}</span>}
            </span>
            <span class="aside">
              {change.digest !== undefined && (
                <Digest digest={change.digest} href={linkTo(name, change.digest)} />
              )}
              <Time at={change.time} />
            </span>
          </li>
        ))}
      </ol>
      {!isWhole && data.changes.length > FIRST && (
        <button type="button" class="more" onClick={() => setWhole(true)}>
          Show all {data.changes.length}
        </button>
      )}
    </Section>
  );
}
