import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const skip = process.getuid?.() === 0 ? false : 'RUN needs root';

test(
  'the library builds an image and leaves the namespaces of its importer alone',
  { skip },
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'stave-library-'));
    try {
      mkdirSync(join(directory, 'context'));
      copyFileSync('/bin/busybox', join(directory, 'context/busybox'));
      writeFileSync(
        join(directory, 'context/Dockerfile'),
        'FROM scratch\nCOPY --chmod=755 busybox /bin/sh\nRUN echo made > /made\n',
      );
      const script = join(directory, 'use.mjs');
      writeFileSync(
        script,
        `import { readlinkSync } from 'node:fs';
       import { openEngine } from ${JSON.stringify(join(import.meta.dirname, '../../dist/index.js'))};
       const before = readlinkSync('/proc/self/ns/mnt');
       await using engine = await openEngine({ root: ${JSON.stringify(join(directory, 'store'))} });
       const events = [];
       const built = await engine.build(
         { context: ${JSON.stringify(join(directory, 'context'))}, tags: ['lib'], network: 'none' },
         { progress: (event) => events.push(event.type) },
       );
       const [image] = await engine.images.list();
       console.log(JSON.stringify({
         same: before === readlinkSync('/proc/self/ns/mnt'),
         id: image.id === built.id,
         tags: image.tags,
         steps: built.steps,
         events: events.length > 0,
       }));`,
      );
      const out = execFileSync(process.execPath, [script], { encoding: 'utf8' });
      assert.deepEqual(JSON.parse(out), {
        same: true,
        id: true,
        tags: ['lib:latest'],
        steps: 2,
        events: true,
      });
      assert.doesNotMatch(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(directory));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
