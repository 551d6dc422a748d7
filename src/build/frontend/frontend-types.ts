import type { Stage } from '../../dockerfile/ast.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Entitlements } from './entitlements.ts';
import type { NamedContext } from './named-context.ts';
import type { Share } from './platforms.ts';
import type { StageState } from './state.ts';
import type { Watcher } from './watcher.ts';

/** A base image as the frontend needs it: metadata only. */
export interface BaseImage {
  /** Canonical name. */
  readonly name: string;
  readonly manifest: string;
  /** Of its config, bottom first; they need not be in the store. */
  readonly layers: readonly DiffId[];
  readonly config: ImageConfig;
  readonly platform: Platform;
  /** Nothing is known of it: `config` is a guess. Only checks put up with such an image. */
  readonly guessed?: boolean;
}

/** What a Dockerfile is evaluated with. */
export interface FrontendOptions {
  readonly args: ReadonlyMap<string, string>;
  readonly target: string | undefined;
  readonly contexts: ReadonlyMap<string, NamedContext>;
  readonly platform: Platform;
  readonly buildPlatform: Platform;
  /** Absolute path, or another stable name, of the Dockerfile: finds earlier records. */
  readonly origin: string;
  readonly network: 'default' | 'none' | 'host';
  /** Everything by default. */
  readonly allow?: Entitlements | undefined;
  readonly extraHosts: readonly string[];
  readonly shmSize: number | undefined;
  readonly uncached: (stage: string) => boolean;
  /** Throws when there is no such image. */
  readonly resolve: (name: string, platform: Platform) => BaseImage;
  /** Sees what happens, as it happens. */
  readonly watch?: Watcher;
  /** Of a build for several platforms: step names say which, and equal steps are one. */
  readonly share?: Share | undefined;
}

/** What came out: the target stage and all that was noticed. */
export interface Plan {
  readonly stage: StageState;
  /** Build arguments that nothing asked for. */
  readonly unusedArgs: readonly string[];
  /** Indexes of the stages that the target needs. */
  readonly stages: ReadonlySet<number>;
  /** What was asked for, as the file has it. */
  readonly target: Stage;
}
