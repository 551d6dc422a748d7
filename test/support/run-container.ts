import { systemClock } from '../../src/base/clock.ts';
import { StaveError } from '../../src/base/errors.ts';
import type { CreateRequest } from '../../src/engine/create-request.ts';
import { containersOf } from '../../src/engine/containers/containers.ts';
import { openExecutor } from '../../src/runtime/open-executor.ts';
import { overlaySnapshotter } from '../../src/snapshot/overlay.ts';
import { openStore } from '../../src/store/open-store.ts';
import { enterPrivateMounts } from '../../src/sys/namespace.ts';

// Run as a program of its own: a foreground container has the process's own input and output.
const [, , root, request] = process.argv;
enterPrivateMounts();
using store = openStore(root as string);
const containers = containersOf({
  store,
  snapshotter: () => Promise.resolve(overlaySnapshotter(store)),
  clock: systemClock,
  executor: () =>
    openExecutor({
      stateDir: store.paths.run,
      storeId: store.id,
      facts: {
        get: (key) => store.read(({ facts }) => facts.get(key)),
        set: (key, value) => store.note(({ facts }) => facts.set(key, value)),
      },
    }),
});
try {
  const status = await containers.run(JSON.parse(request as string) as CreateRequest, {
    environment: { CALLER: 'value' },
    progress: (event) => {
      if (event.type === 'warning') process.stderr.write(`WARNING: ${event.message}\n`);
    },
  });
  process.exitCode = 'code' in status ? status.code : 128;
} catch (error) {
  if (!(error instanceof StaveError)) throw error;
  process.stderr.write(`Error: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
