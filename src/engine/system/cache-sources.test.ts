import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { house } from '../../../test/support/context-house.ts';
import { serveGit, withoutGit } from '../../../test/support/git-server.ts';
import { serveHttp } from '../../../test/support/http-server.ts';
import { openStore } from '../../store/open-store.ts';
import { openEngine } from '../open-engine.ts';
import { keepBudget } from './cache-budget.ts';

test(
  'what builds fetched is listed, counted, kept within the budget and pruned',
  { skip: withoutGit },
  async (t) => {
    const home = house(t);
    await using git = await serveGit();
    git.commit('repo', { f: 'f'.repeat(50_000) });
    await using server = await serveHttp((_, response) => {
      response.writeHead(200, { etag: '"1"' }).end('x'.repeat(300_000));
    });
    const text = `FROM scratch\nADD ${server.url}/big /big\nADD ${git.url}/repo.git /repo\n`;
    const build = () => home.build({ context: undefined, dockerfile: { text } });
    await build();
    {
      await using engine = await openEngine({ root: home.path('store') });
      const { entries, total } = await engine.system.cacheUsage();
      const found = new Map(entries.map((entry) => [entry.type, entry]));
      assert.ok((found.get('source.http')?.size ?? 0) >= 300_000);
      assert.equal(found.get('source.http')?.description, `${server.url}/big`);
      assert.ok((found.get('source.git.checkout')?.size ?? 0) > 0);
      assert.ok(total >= 300_000);
      const { cache } = await engine.system.diskUsage();
      assert.deepEqual(
        cache.rows
          .map(({ type }) => type)
          .filter((type) => type.startsWith('source.'))
          .sort(),
        ['source.git.checkout', 'source.http'],
      );
      assert.ok(cache.size >= 300_000);
      for (const { id } of await engine.images.list({ all: true })) await engine.images.remove(id);
    }
    {
      using store = openStore(home.path('store'));
      await keepBudget(store, 1, {});
      assert.deepEqual(
        store.read(({ sources }) => sources.list()),
        [],
      );
      assert.deepEqual(readdirSync(store.paths.git), []);
      assert.deepEqual((await store.check()).problems, []);
    }
    await build();
    await using engine = await openEngine({ root: home.path('store') });
    const { removed } = await engine.system.pruneCache({ all: true });
    const types = removed.map(({ type }) => type);
    assert.ok(types.includes('source.http') && types.includes('source.git.checkout'), types.join());
    assert.equal(
      existsSync(home.path('store/git')) && readdirSync(home.path('store/git')).length,
      0,
    );
  },
);
