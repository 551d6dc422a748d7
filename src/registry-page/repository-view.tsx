import { useState } from 'preact/hooks';
import type { Sizes, TagPage, TagRow } from '../registry-server/page/api-types.ts';
import { all, ask, session } from './api.ts';
import { useDelayed } from './delayed.ts';
import { bytes, count } from './format.ts';
import { artifactKind } from './kinds.ts';
import { useList, useLoad } from './load.ts';
import { Digest, More, Problem, Search, Section, Time } from './parts.tsx';
import { linkTo } from './route.ts';
import { TagLog } from './tag-log.tsx';

/** The tags of a repository, and what it takes. */
export function RepositoryView({ name }: { readonly name: string }) {
  const [typed, setTyped] = useState('');
  const keepsHistory = session.value?.keepsHistory === true;
  const [isNewest, setNewest] = useState(keepsHistory);
  const [facts, setFacts] = useState<{ readonly total: number; readonly isCut: boolean }>();
  const search = useDelayed(typed);
  const sort = isNewest ? 'newest' : 'name';
  const key = `${name} ${sort} ${search}`;
  const { data, error, more } = useList<TagRow, number>(key, async (from = 0) => {
    const query = new URLSearchParams({ q: search, sort, from: String(from) });
    const page = await ask<TagPage>(`/api/tags/${name}?${query.toString()}`, all(name));
    setFacts(page);
    return { rows: page.tags, next: page.next };
  });
  return (
    <>
      <nav class="crumbs" aria-label="Path">
        <a href="#/">Repositories</a>
      </nav>
      <div class="title">
        <h1>{name}</h1>
      </div>
      {error ? <Problem error={error} /> : <Figures name={name} />}
      {!error && (
        <Section
          title="Tags"
          note={facts && `${facts.total.toLocaleString('en')}${facts.isCut ? ' or more' : ''}`}
        >
          <div class="tools">
            <Search label="Search tags" value={typed} onInput={setTyped} />
            {keepsHistory && (
              <label class="pick">
                Order
                <select
                  value={sort}
                  onChange={(event) => setNewest(event.currentTarget.value === 'newest')}
                >
                  <option value="newest">last changed</option>
                  <option value="name">name</option>
                </select>
              </label>
            )}
          </div>
          {!data && <p class="wait">Loading…</p>}
          {data?.length === 0 && <p>{search === '' ? 'No tags.' : 'No tag is called so.'}</p>}
          <ul class="rows">
            {data?.map((row) => (
              <Tag key={row.tag} name={name} row={row} />
            ))}
          </ul>
          <More onMore={more} />
        </Section>
      )}
      {!error && keepsHistory && <TagLog name={name} />}
    </>
  );
}

function Tag({ name, row }: { readonly name: string; readonly row: TagRow }) {
  const time = row.pushed ?? row.created;
  return (
    <li>
      <span class="main">
        <a href={linkTo(name, row.tag)}>{row.tag}</a>
        <span class="chips">
          {row.platforms.map((platform) => (
            <span class="chip" key={platform}>
              {platform}
            </span>
          ))}
          {row.kind === 'artifact' && <span class="chip">{artifactKind(row.artifactType)}</span>}
        </span>
      </span>
      <span class="aside">
        <Digest digest={row.digest} />
        <span class="number">{bytes(row.size)}</span>
        {time !== undefined && <Time at={time} />}
      </span>
    </li>
  );
}

function Figures({ name }: { readonly name: string }) {
  const { data } = useLoad(name, () => ask<Sizes>(`/api/sizes/${name}`, all(name)));
  const saved = data ? data.apart - data.stored : 0;
  return (
    <ul class="figures" aria-busy={!data}>
      <li>
        <strong>{data ? bytes(data.stored) : '…'}</strong>
        <span>
          in {count(data?.images ?? 0, 'image')}
          {data?.isCut === true && ' or more'}
        </span>
      </li>
      <li>
        <strong>{data ? bytes(saved) : '…'}</strong>
        <span>saved by shared layers</span>
      </li>
      {data?.elsewhere !== undefined && (
        <li>
          <strong>{bytes(data.elsewhere)}</strong>
          <span>shared with other repositories</span>
        </li>
      )}
    </ul>
  );
}
