import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { openFileStorage } from '../../src/registry-server/file-storage.ts';
import { collect } from '../../src/registry-server/maintenance/collect.ts';
import { compactJournals } from '../../src/registry-server/maintenance/compact.ts';
import { retain } from '../../src/registry-server/maintenance/retain.ts';
import { readRules } from '../../src/registry-server/maintenance/rules.ts';
import { openRegistryServer } from '../../src/registry-server/server.ts';

/*
 * A registry in a process of its own, to be killed: `kept-registry-child.ts FOLDER` says where it
 * listens. It collects, retains and compacts all the time, every other time without any grace.
 */
const [, , folder = ''] = process.argv;
const storage = openFileStorage(folder, systemClock);
const server = await openRegistryServer({
  host: '127.0.0.1',
  port: 0,
  storage,
  readOnly: false,
  onFailure: (error) => console.error(error),
});
console.log(server.url);
const rules = readRules({
  retention: [{ repositories: ['short/**'], 'keep-newest': 1, 'untagged-after': '0s' }],
});
for (let round = 0; ; round += 1) {
  await Array.fromAsync(retain(storage.parts, rules, { dryRun: false }));
  const grace = round % 2 === 0 ? 0 : 300;
  await Array.fromAsync(collect(storage.parts, { grace, dryRun: false }));
  await compactJournals(storage.parts, { least: 4000 });
  await pause(5);
}
