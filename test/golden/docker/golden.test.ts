import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fakeEngine } from '../../../src/cli/testing/fake-engine.ts';
import { runCli } from '../../../src/cli/testing/run-cli.ts';
import { ImageNotFoundError } from '../../../src/engine/errors.ts';
import { listImages } from '../../../src/engine/images/list.ts';
import { MediaType } from '../../../src/oci/media-types.ts';
import { canonicalName, parseReference } from '../../../src/oci/reference.ts';
import { scratchStore } from '../../scratch-store.ts';
import { recorded, words } from '../cli/transcript.ts';
import { DIFFERENCES } from './differences.ts';
import { images } from './fixture.ts';

process.env['TZ'] = 'UTC';
const scratch = scratchStore();
after(() => scratch[Symbol.dispose]());
const { store } = scratch;
const known = images();
for (const image of known) {
  store.write((tables) => {
    tables.images.put({
      id: image.id,
      manifest: { ...image.manifest, mediaType: MediaType.ociManifest },
      platform: image.platform,
      createdAt: image.created?.getTime() ?? 0,
      storedAt: image.stored.getTime(),
      size: image.size,
      labels: image.labels,
    });
    for (const tag of image.tags) {
      tables.images.tag(canonicalName(parseReference(tag)), image.id, image.stored.getTime());
    }
  });
}
const fake = fakeEngine().engine;
const engine = {
  ...fake,
  images: {
    ...fake.images,
    list: async (filter = {}) => listImages(store, filter),
    async inspect(name: string) {
      const found = known.find(({ tags }) => tags.includes(name));
      if (!found) throw new ImageNotFoundError(name);
      return found;
    },
  },
};

/** Messages without what stave says more: its prefix, and lines of advice. */
function bare(stderr: string): string {
  return stderr
    .replace(/^Error: /gm, '')
    .replace(/^Hint: .*\n/gm, '')
    .replace(/\n+Run '.*\n$/, '\n');
}

const seen = new Set<string>();
for (const file of ['list.txt', 'inspect.txt']) {
  for (const { command, wanted } of recorded(readFileSync(new URL(file, import.meta.url), 'utf8'))) {
    test(`as Docker: ${command}`, async () => {
      const result = await runCli(words(command).slice(1), { engine });
      const said = { ...result, stderr: bare(result.stderr) };
      const difference = DIFFERENCES.find((one) => one.command === command);
      if (!difference) {
        assert.deepEqual(said, wanted);
        return;
      }
      seen.add(command);
      assert.notDeepEqual(said, wanted, 'this is no difference any more');
      if (difference.says === 'any order') {
        assert.deepEqual(said.stdout.split('\n').sort(), wanted.stdout.split('\n').sort());
      } else assert.deepEqual(said, { ...wanted, ...difference.says });
    });
  }
}

test('every difference is one of a command that was recorded', () => {
  const unseen = DIFFERENCES.filter(({ command }) => !seen.has(command));
  assert.deepEqual(unseen, []);
});
