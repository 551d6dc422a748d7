import { InvalidInputError } from '../../base/errors.ts';
import type { SearchResult } from '../../engine/registry-types.ts';
import { command } from '../command.ts';
import { type FilterPair, grouped, invalid } from '../filters.ts';
import { flag } from '../flags.ts';
import { type Field, writeListing } from '../listing.ts';
import { ellipsis } from '../units.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

const DESCRIPTION_WIDTH = 45;
const KEYS = ['is-official', 'stars'];

/** `search`. */
export const search = command({
  usage: '[OPTIONS] TERM',
  operands: [1, 1],
  flags: {
    ...REACH_FLAGS,
    filter: flag.filter("Only what passes: 'stars=N' or 'is-official=true'", 'f', KEYS),
    format: flag.text('string', "Form of the output: 'json' or a Go template"),
    limit: flag.number('int', 'The most results, 1 to 100 (default 25)'),
    'no-trunc': flag.toggle('Show whole descriptions'),
  },
  examples: [
    ['On Docker Hub', 'stave search --filter is-official=true nginx', 'a registry'],
    ['In a registry of your own', 'stave search registry.example.com/app', 'a registry'],
  ],

  async run(context) {
    const {
      operands: [term = ''],
      flags,
      engine,
      signal,
    } = context;
    if (term === '') throw new InvalidInputError('the term to search for is empty');
    const passes = filterOf(flags.filter);
    const { registries } = await engine(reach(context));
    const { limit } = flags;
    const request = { term, ...(limit !== undefined && limit !== 0 && { limit }) };
    const found = await registries.search(request, { signal });
    const rows = found.filter(passes);
    const columns = ['Name', 'Description', 'StarCount', 'IsOfficial'];
    const fields = fieldsOf(!flags['no-trunc']);
    const type = 'search.SearchResult';
    await writeListing(context, { rows, fields, columns, type }, flags.format ?? 'table');
  },
});

function filterOf(pairs: readonly FilterPair[]): (one: SearchResult) => boolean {
  const values = grouped(pairs, KEYS);
  const stars = (values.get('stars') ?? []).map((text) => {
    if (!/^\d+$/.test(text)) throw invalid(`stars=${text}`);
    return Number(text);
  });
  const official = (values.get('is-official') ?? []).map((text) => {
    if (!/^(?:true|false|1|0)$/i.test(text)) throw invalid(`is-official=${text}`);
    return /^(?:true|1)$/i.test(text);
  });
  return (one) =>
    stars.every((least) => one.stars >= least) &&
    (official.length === 0 || official.includes(one.official));
}

function fieldsOf(truncate: boolean): readonly Field<SearchResult>[] {
  return [
    { key: 'Name', title: 'NAME', value: ({ name }) => name },
    {
      key: 'Description',
      title: 'DESCRIPTION',
      value: ({ description }) => {
        const line = description.replace(/\s*[\r\n]+\s*/g, ' ');
        return truncate ? ellipsis(line, DESCRIPTION_WIDTH) : line;
      },
    },
    { key: 'StarCount', title: 'STARS', value: ({ stars }) => String(stars) },
    { key: 'IsOfficial', title: 'OFFICIAL', value: ({ official }) => (official ? '[OK]' : '') },
  ];
}
