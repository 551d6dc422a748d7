import { useState } from 'preact/hooks';
import type { RepositoryPage, RepositoryRow } from '../registry-server/page/api-types.ts';
import { ask, CATALOG } from './api.ts';
import { useDelayed } from './delayed.ts';
import { count } from './format.ts';
import { useList } from './load.ts';
import { Commands, More, Problem, Search, Time } from './parts.tsx';
import { linkTo } from './route.ts';

/** All repositories. */
export function RepositoriesView() {
  const [typed, setTyped] = useState('');
  const search = useDelayed(typed);
  const { data, error, more } = useList<RepositoryRow, string>(search, async (last) => {
    const query = new URLSearchParams({ q: search, ...(last !== undefined && { last }) });
    const page = await ask<RepositoryPage>(`/api/repositories?${query.toString()}`, CATALOG);
    return { rows: page.repositories, next: page.next };
  });
  return (
    <>
      <div class="title">
        <h1>Repositories</h1>
        <Search label="Search repositories" value={typed} onInput={setTyped} />
      </div>
      {error && <Problem error={error} />}
      {!data && !error && <p class="wait">Loading…</p>}
      {data && data.length > 0 && (
        <ul class="rows">
          {data.map((row) => (
            <li key={row.name}>
              <a class="main" href={linkTo(row.name)}>
                <Path name={row.name} />
              </a>
              <span class="aside">
                {row.tags !== undefined && (
                  <span>
                    {count(row.tags, 'tag')}
                    {row.hasMoreTags === true && ' or more'}
                  </span>
                )}
                {row.changed !== undefined && <Time at={row.changed} />}
              </span>
            </li>
          ))}
        </ul>
      )}
      {data?.length === 0 && !more && (search === '' ? <Empty /> : <p>Nothing is called so.</p>)}
      <More onMore={more} />
    </>
  );
}

/** A name whose last part stands out. */
function Path({ name }: { readonly name: string }) {
  const cut = name.lastIndexOf('/') + 1;
  return (
    <>
      <span class="dim">{name.slice(0, cut)}</span>
      {name.slice(cut)}
    </>
  );
}

function Empty() {
  const { host } = location;
  return (
    <div class="card">
      <p>There is nothing here yet. This pushes a first image:</p>
      <Commands lines={[`stave tag IMAGE ${host}/NAME:TAG`, `stave push ${host}/NAME:TAG`]} />
    </div>
  );
}
