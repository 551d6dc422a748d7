import type { Dockerfile } from '../../dockerfile/ast.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { evaluate } from './frontend.ts';
import type { BaseImage, FrontendOptions, Plan } from './frontend-types.ts';

/** Finds a base image: at once where it is in the store, later where a registry is asked. */
export type ResolveBase = (name: string, platform: Platform) => BaseImage | Promise<BaseImage>;

/**
 * Evaluates a Dockerfile whose base images may have to be asked for. Those that are not at
 * hand are asked for together, then it is evaluated again: what a base brings (its triggers)
 * can name more of them. Throws DockerfileError, and what `resolve` throws.
 */
export async function plan(
  file: Dockerfile,
  options: Omit<FrontendOptions, 'resolve'>,
  resolve: ResolveBase,
): Promise<Plan> {
  const known = new Map<string, BaseImage | { readonly failure: unknown }>();
  for (;;) {
    const asked = new Map<string, Promise<BaseImage>>();
    const lookUp = (name: string, platform: Platform): BaseImage => {
      const key = `${name}\0${formatPlatform(platform)}`;
      let base = known.get(key);
      if (!base) {
        const found = resolve(name, platform);
        if (found instanceof Promise) {
          asked.set(key, found);
          base = standIn(name, platform);
        } else {
          base = found;
        }
        known.set(key, base);
      }
      if ('failure' in base) throw base.failure;
      return base;
    };
    const evaluated = attempt(() => evaluate(file, { ...options, resolve: lookUp }));
    if (asked.size === 0) return evaluated();
    // What was made of stand-ins, errors too, counts for nothing.
    for (const [key, found] of asked) {
      known.set(key, await found.catch((failure: unknown) => ({ failure })));
    }
  }
}

function standIn(name: string, platform: Platform): BaseImage {
  const config = {
    architecture: platform.architecture,
    os: platform.os,
    rootfs: { type: 'layers' as const, diff_ids: [] },
  };
  return { name, manifest: '', layers: [], config, platform, guessed: true };
}

function attempt<T>(job: () => T): () => T {
  try {
    const value = job();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
