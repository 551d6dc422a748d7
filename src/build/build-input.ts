import type { Flights } from './flights.ts';
import type { ProxySettings } from '../net/proxy.ts';
import type { Platform } from '../oci/platform.ts';
import type { Executor } from '../runtime/executor.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Store } from '../store/store.ts';
import type { LayerSupply } from '../transport/layer-supply.ts';
import type { BuildCaches } from './cache/session.ts';
import type { Finished, OpenRegistry, OutputInput } from './finish.ts';
import type { ResolveBase } from './frontend/bases.ts';
import type { NamedContext } from './frontend/named-context.ts';
import type { MainContext } from './inputs.ts';
import type { FailedStep } from './ops/failed-shell.ts';
import type { RunSettings } from './run-settings.ts';

/** What to build, checked and with its defaults filled in. */
export interface BuildInput extends OutputInput {
  readonly context: MainContext;
  readonly dockerfile: { readonly path: string } | { readonly text: string } | undefined;
  /** Canonical names. */
  readonly names: readonly string[];
  readonly args: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Names that stand for directories or images, whatever else they would mean. */
  readonly contexts: ReadonlyMap<string, NamedContext>;
  readonly target: string | undefined;
  readonly platform: Platform;
  /** Several, for an index of them; instead of `platform`. */
  readonly platforms?: readonly Platform[];
  readonly buildPlatform: Platform;
  readonly network: 'default' | 'none' | 'host';
  readonly extraHosts: readonly string[];
  readonly uncached: (stage: string) => boolean;
  /** Every step runs: `--no-cache`. */
  readonly noCache?: boolean;
  /** Say of remembered results, too, where they come from. */
  readonly explain?: boolean;
  /** Fail on the first step that would have to run. */
  readonly assertCached?: boolean;
  /** Remember no result. */
  readonly forget?: boolean;
  /** Is told of a RUN that failed, while what it left is still there. */
  readonly failed?: (step: FailedStep & { readonly name: string }) => Promise<void>;
  /** Seconds since the epoch; `context`: the date of the build context. */
  readonly sourceDateEpoch: number | 'context' | undefined;
  /** `context` where nothing else says a date. */
  readonly reproducible?: boolean;
  readonly shmSize: number | undefined;
  /** What is asked for URLs and repositories; none unless given. */
  readonly proxy?: ProxySettings;
  /** Ids of secrets, keys and build arguments that may be in the result. */
  readonly allowLeaks?: readonly string[];
  /** Passwords and tokens that registries were shown so far, by the names of these. */
  readonly logins?: ReadonlyMap<string, readonly string[]>;
  /** What else may hold passwords in URLs, by what it is called: contexts, proxies. */
  readonly urls?: ReadonlyMap<string, string>;
  /** What RUN gets beside the Dockerfile. */
  readonly run?: RunSettings | undefined;
  /** How many steps may run at the same time. */
  readonly parallel: number;
  /** Caches elsewhere, to read and to write. */
  readonly caches?: BuildCaches | undefined;
}

/** What a build works with. */
export interface BuildParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly executor: () => Promise<Executor>;
  /** Throws when there is no such image. Layers that it leaves out are offered to `supply`. */
  readonly resolve: (supply: LayerSupply) => ResolveBase;
  /** Steps that other builds of the process run now; without it builds know nothing of each other. */
  readonly flights?: Flights;
  /** For outputs that are pushed. */
  readonly registry?: OpenRegistry | undefined;
}

/** What came out. */
export interface Built extends Finished {
  readonly steps: number;
  readonly cached: number;
}
