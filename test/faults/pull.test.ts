import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { needsRoot } from '../scratch-images.ts';
import { registryHouse } from '../support/registry-house.ts';
import { ANSWERS } from './pull-answers.ts';
import { DOCUMENTS } from './pull-documents.ts';
import { INDEXES } from './pull-indexes.ts';
import { TRANSFERS } from './pull-transfers.ts';
import { PULL_ROWS } from './rows.ts';
import { putGood } from './scenario.ts';

const SCENARIOS = { ...TRANSFERS, ...ANSWERS, ...DOCUMENTS, ...INDEXES };

test('every row of faults has a scenario that ends as the row says', () => {
  assert.equal(PULL_ROWS.size, 77);
  for (const [row, must] of PULL_ROWS) {
    const scenario = SCENARIOS[row];
    assert.ok(scenario, `nothing shows ${row}`);
    if (must !== 'any') assert.equal(scenario.must === 'ok' ? 'ok' : 'fail', must, row);
  }
});

for (const [row, scenario] of Object.entries(SCENARIOS)) {
  const { does, must, options, settings, put = putGood, fault, check } = scenario;
  const outcome = must === 'ok' ? 'the image is here' : 'refused without a trace';
  test(`pull, ${row}: a registry ${does}: ${outcome}`, { skip: needsRoot }, async () => {
    await using house = await registryHouse(options, settings);
    const { registry, scratch } = house;
    put(registry);
    if (fault) registry.fault = fault(registry);
    if (must === 'ok') await house.pull('team/app:v1');
    else await house.refuses('team/app:v1', must);
    await check?.(registry, house);
    // Blobs are what they are called and layers what they should be; nothing lies about but what
    // a broken layer left of itself.
    assert.deepEqual((await scratch.store.check()).problems, []);
    const partials = readdirSync(`${scratch.root}/ingest`).length;
    assert.ok(partials <= (must === 'ok' ? 0 : 1), `${partials} partial blobs`);
  });
}
