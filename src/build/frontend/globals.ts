import type { Dockerfile, FromInstruction, Stage } from '../../dockerfile/ast.ts';
import { formatPlatform, parsePlatform, type Platform } from '../../oci/platform.ts';
import type { FrontendOptions } from './frontend-types.ts';
import type { Words } from './words.ts';

/**
 * The arguments that FROM lines see: what the platforms and the target say, then the ARGs before
 * the first FROM. Throws DockerfileError.
 */
export function evaluateGlobals(
  file: Dockerfile,
  target: Stage,
  options: Pick<FrontendOptions, 'platform' | 'buildPlatform' | 'args' | 'watch'> & {
    readonly words: Words;
    /** Gets the names of build arguments that something asked for. */
    readonly used: Set<string>;
  },
): Map<string, string> {
  const { platform, buildPlatform, args, words, used, watch } = options;
  const globals = new Map([
    ...platformArgs('TARGET', platform),
    ...platformArgs('BUILD', buildPlatform),
    ['TARGETSTAGE', target.from.as ?? 'default'],
  ]);
  for (const name of globals.keys()) {
    const given = args.get(name);
    if (given !== undefined) globals.set(name, given);
    used.add(name);
  }
  const predefined = new Map(globals);
  for (const instruction of file.globals) {
    for (const { name, value } of instruction.args) {
      const given = args.get(name);
      used.add(name);
      if (given !== undefined) globals.set(name, given);
      else if (value) {
        const text = words.expand(value, (key) => globals.get(key));
        globals.set(name, text);
      }
    }
  }
  watch?.globals?.(globals, predefined);
  return globals;
}

/** The platform that a FROM asks for, else that of the target. Throws DockerfileError. */
export function fromPlatform(
  { platform: word }: FromInstruction,
  lookup: (name: string) => string | undefined,
  options: Pick<FrontendOptions, 'platform' | 'buildPlatform'> & { readonly words: Words },
): Platform {
  const { platform, buildPlatform, words } = options;
  if (!word) return platform;
  const text = words.expand(word, lookup);
  if (text === '') {
    throw words.error(`empty platform value from expression ${word.raw}`, word.span);
  }
  try {
    return parsePlatform(text, buildPlatform);
  } catch (error) {
    const why = error instanceof Error ? `: ${error.message}` : '';
    throw words.error(`failed to parse platform ${text}${why}`, word.span, error);
  }
}

function platformArgs(prefix: 'TARGET' | 'BUILD', platform: Platform): [string, string][] {
  return [
    [`${prefix}PLATFORM`, formatPlatform(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}OSVERSION`, platform['os.version'] ?? ''],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant ?? ''],
  ];
}
