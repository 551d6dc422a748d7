import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { StaveError } from '../../src/base/errors.ts';
import type { Pulled, PullRequest } from '../../src/engine/engine.ts';
import type { RegistrySettings } from '../../src/registry/settings.ts';
import { scratchImages, type ScratchImages } from '../scratch-images.ts';
import { TestRegistry, type TestRegistryOptions } from './test-registry.ts';

/** A registry, and a store that asks it, soon again where it fails. */
export interface RegistryHouse extends AsyncDisposable {
  readonly registry: TestRegistry;
  readonly scratch: ScratchImages;
  pull(name: string, request?: Partial<PullRequest>): Promise<Pulled>;
  /** Asserts that a pull fails in one line, and that nothing of it can be seen. */
  refuses(name: string, message: RegExp, request?: Partial<PullRequest>): Promise<StaveError>;
}

/** Opens both. `alice` is logged in where the registry wants to know. */
export async function registryHouse(
  options: TestRegistryOptions = {},
  settings: RegistrySettings = {},
): Promise<RegistryHouse> {
  const registry = await TestRegistry.open(options);
  const auth = Buffer.from('alice:s3cret').toString('base64');
  const scratch = scratchImages({
    pause: 2,
    stall: 10_000,
    environment: {
      HOME: '/nonexistent',
      DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [registry.host]: { auth } } }),
    },
    ...settings,
  });
  const { images } = scratch;
  const pull: RegistryHouse['pull'] = (name, request) =>
    images.pull({ name: `${registry.host}/${name}`, ...request });
  return {
    registry,
    scratch,
    pull,
    async refuses(name, message, request) {
      const error = await pull(name, request).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof StaveError, String((error as Error | undefined)?.stack));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      assert.deepEqual(await images.list({ all: true }), []);
      for (const folder of ['tmp', 'leases', 'trash']) {
        const left = readdirSync(`${scratch.root}/${folder}`);
        assert.deepEqual(
          left.filter((one) => !one.startsWith('.')),
          [],
        );
      }
      return error;
    },
    async [Symbol.asyncDispose]() {
      scratch[Symbol.dispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}
