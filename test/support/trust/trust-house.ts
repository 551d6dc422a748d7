import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../src/base/clock.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/open-engine.ts';
import type { TrustAnchor } from '../../../src/engine/trust-types.ts';
import { TestRegistry, type TestRegistryOptions } from '../test-registry.ts';

/** A pair of keys, as files of them. */
export interface Pair {
  readonly key: TrustAnchor;
  readonly pub: TrustAnchor;
}

/** A new pair; plain PEM, which is quicker to read than an encrypted one. */
export function newPair(name: string): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = (text: string | Buffer): Buffer => Buffer.from(text);
  return {
    key: {
      name: `${name}.key`,
      pem: pem(privateKey.export({ format: 'pem', type: 'pkcs8' })),
    },
    pub: { name: `${name}.pub`, pem: pem(publicKey.export({ format: 'pem', type: 'spki' })) },
  };
}

/** A registry and an engine with a home and settings of its own. */
export interface TrustHouse extends AsyncDisposable {
  readonly directory: string;
  readonly registry: TestRegistry;
  readonly engine: Engine;
  /** Writes the policy of the machine. */
  policy(policy: unknown): void;
}

/** Opens both. */
export async function trustHouse(
  options: TestRegistryOptions = {},
  clock?: Clock,
): Promise<TrustHouse> {
  const directory = mkdtempSync(join(tmpdir(), 'stave-trust-'));
  const etc = join(directory, 'etc');
  mkdirSync(join(etc, 'containers'), { recursive: true });
  const registry = await TestRegistry.open(options);
  const engine = await openEngine({
    root: join(directory, 'store'),
    ...(clock && { clock }),
    registries: { environment: { HOME: directory }, etc, pause: 1, stall: 2000 },
  });
  return {
    directory,
    registry,
    engine,
    policy: (policy) => writeFileSync(join(etc, 'containers/policy.json'), JSON.stringify(policy)),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
      await registry[Symbol.asyncDispose]();
    },
  };
}
