import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RegistryDataError } from '../errors.ts';
import { openFileStorage } from '../file-storage.ts';
import { openAdministrator } from './admin.ts';
import { openControl, sendOrder } from './control.ts';
import { type KeepEvent, Keeper, type KeepSettings } from './keeper.ts';
import { NO_RULES, readRules } from './rules.ts';
import { HOUR, Kept } from './testing.ts';

const SETTINGS: KeepSettings = {
  every: 0,
  grace: 24 * HOUR,
  rules: NO_RULES,
  readOnly: false,
  scrubRate: 0,
  scrubEvery: HOUR,
};
const COLLECT = { order: 'collect', grace: 24 * HOUR, dryRun: false } as const;

test('the same orders are carried out by a registry that runs, and in its folder when none does', async () => {
  await using kept = new Kept();
  await kept.image('app', 'v1', 'one');
  const second = await kept.image('app', 'v1', 'two');
  const log = { order: 'log', repository: 'app', tag: 'v1', limit: 10 } as const;
  const run = async (): Promise<unknown[]> => {
    await using registry = await openAdministrator(kept.root, { clock: kept.clock });
    const rows = await Array.fromAsync(registry.run(log));
    return rows.map((row) => ({ ...row }));
  };
  let told: unknown[];
  {
    await using _ = await Keeper.open(kept.storage, SETTINGS, () => undefined);
    assert.equal(statSync(kept.parts.paths.control).mode & 0o777, 0o600);
    told = await run();
    assert.equal((told[0] as { digest: string }).digest, second);
  }
  assert.ok(!existsSync(kept.parts.paths.control));
  await assert.rejects(run(), /another registry is using/);
  await kept.close();
  assert.deepEqual(await run(), told);
  // A socket that a killed registry left behind is nobody's.
  writeFileSync(join(kept.root, 'control'), '');
  assert.deepEqual(await run(), told);
  const nowhere = openAdministrator(join(kept.root, 'blobs'), { clock: kept.clock });
  await assert.rejects(nowhere, /holds no registry/);
});

test('a registry in a deep folder takes orders too', async () => {
  const top = mkdtempSync(join(tmpdir(), 'stave-deep-'));
  const root = join(top, 'x'.repeat(120));
  mkdirSync(root);
  try {
    await using storage = openFileStorage(root, { now: () => new Date() });
    await using _ = await Keeper.open(storage, SETTINGS, () => undefined);
    const rows = await sendOrder(storage.parts.paths.control, COLLECT);
    assert.deepEqual(await Array.fromAsync(rows ?? []), []);
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
});

test('round() retains by the rules, collects, and tells what it did', async () => {
  await using kept = new Kept();
  await kept.image('app', 'v1');
  kept.ahead = HOUR;
  await kept.image('app', 'v2');
  const rule = { repositories: ['**'], 'keep-newest': 1, 'untagged-after': '0s' };
  const events: KeepEvent[] = [];
  const rules = readRules({ retention: [rule] });
  await using keeper = await Keeper.open(kept.storage, { ...SETTINGS, rules, grace: 0 }, (event) =>
    events.push(event),
  );
  kept.ahead += HOUR;
  await keeper.round();
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['retained', 'collected'],
  );
  assert.equal(keeper.figures.retained, 2);
  assert.equal(keeper.figures.collections, 1);
  assert.ok(keeper.figures.collectedBytes > 100);
  assert.deepEqual(kept.storage.tags('app', { after: undefined, limit: 9 }), ['v2']);
});

test('a registry carries out one collection at a time, and none when it is read-only', async () => {
  await using kept = new Kept();
  for (let n = 0; n < 3; n += 1) await kept.image('app', `v${n}`);
  const { paths } = kept.parts;
  {
    await using _ = await Keeper.open(kept.storage, SETTINGS, () => undefined);
    const first = (await sendOrder(paths.control, COLLECT)) ?? [];
    const second = (await sendOrder(paths.control, COLLECT)) ?? [];
    const ends = await Promise.allSettled([Array.fromAsync(first), Array.fromAsync(second)]);
    const refused = ends.filter(({ status }) => status === 'rejected');
    for (const { reason } of refused as PromiseRejectedResult[]) {
      assert.ok(reason instanceof RegistryDataError);
      assert.equal(reason.message, 'the registry is collecting already');
    }
    assert.ok(refused.length < 2);
  }
  await using _ = await Keeper.open(kept.storage, { ...SETTINGS, readOnly: true }, () => undefined);
  const rows = (await sendOrder(paths.control, COLLECT)) ?? [];
  await assert.rejects(Array.fromAsync(rows), /the registry is read-only/);
  const dry = (await sendOrder(paths.control, { ...COLLECT, dryRun: true })) ?? [];
  assert.ok((await Array.fromAsync(dry)).length > 0);
});

test('openControl() refuses what is no order, and stops working for who has gone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stave-control-'));
  const path = join(folder, 'control');
  const stopped = Promise.withResolvers<void>();
  try {
    await using _ = await openControl(path, async function* endless(_order, signal) {
      try {
        while (!signal.aborted) {
          yield { n: 1 };
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        stopped.resolve();
      }
    });
    for (const noise of ['{}', 'noise', '{"order":"log","repository":"../x","limit":1}']) {
      const socket = connect(path);
      socket.write(`${noise}\n`);
      const [said] = (await Array.fromAsync(socket)) as Buffer[];
      assert.equal(said?.toString(), '{"error":"the registry does not know this order"}\n');
    }
    for await (const row of (await sendOrder(path, COLLECT)) ?? []) {
      assert.deepEqual(row, { n: 1 });
      break;
    }
    await stopped.promise;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
