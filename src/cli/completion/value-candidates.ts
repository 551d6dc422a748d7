import type { ImageSummary } from '../../engine/engine.ts';
import { hostPlatform } from '../../oci/platform.ts';
import type { Flag } from '../flags.ts';
import {
  DIRECTORIES,
  FILES,
  NOTHING,
  wordsOf,
  type Candidate,
  type Completion,
} from './candidates.ts';
import type { Sources } from './sources.ts';
import type { TypedLine } from './typed-line.ts';
import { FILTER_VALUES, FLAG_VALUES, PLATFORMS, type ValueKind } from './values.ts';

/** Where a value stands, and where to look for what it may be. */
export interface Asking {
  /** The command's canonical name. */
  readonly command: string;
  readonly line: TypedLine;
  /** As far as the value is typed. */
  readonly current: string;
  readonly sources: Sources;
}

/** Values for a flag. */
export async function flagValues(
  name: string,
  flag: Flag<unknown>,
  asking: Asking,
): Promise<Completion> {
  if (flag.valueName === 'filter') return await filterPairs(flag.words ?? [], asking);
  if (flag.words) return wordsOf(flag.words);
  if (flag.valueName === '') return wordsOf(['true', 'false']);
  const kind = FLAG_VALUES[`${asking.command} ${name}`] ?? FLAG_VALUES[name] ?? 'nothing';
  // Of the usual forms those that the flag's own summary names.
  if (kind === 'formats') {
    return wordsOf(['table', 'json', 'raw'].filter((one) => flag.summary.includes(`'${one}'`)));
  }
  return await valuesOf(kind, asking);
}

/** Values of a kind. */
export async function valuesOf(kind: ValueKind, asking: Asking): Promise<Completion> {
  if (typeof kind !== 'string') return wordsOf(kind);
  const { sources, line, current } = asking;
  const words = (candidates: readonly Candidate[]): Completion => ({ kind: 'words', candidates });
  switch (kind) {
    case 'files':
      return FILES;
    case 'directories':
      return DIRECTORIES;
    case 'images':
      return words(imageNames(await sources.images(), current));
    case 'containers':
      return words(await containerNames(sources));
    case 'volumes': {
      const volumes = await sources.volumes();
      return words(volumes.map(({ name, driver }) => ({ word: name, about: driver })));
    }
    case 'networks': {
      const networks = await sources.networks();
      return words(networks.map(({ name, driver }) => ({ word: name, about: driver })));
    }
    case 'objects': {
      const images = imageNames(await sources.images(), current);
      return words([...(await containerNames(sources)), ...images]);
    }
    case 'labels':
      return wordsOf(labelsOf(await sources.images()));
    case 'platforms': {
      const { os, architecture } = hostPlatform(process.arch);
      return wordsOf(new Set([`${os}/${architecture}`, ...PLATFORMS]));
    }
    case 'stages':
      return words(sources.stages(dockerfiles(line)));
    case 'targets':
      return words(await sources.targets(line.flags));
    default:
      return NOTHING;
  }
}

/** `key=`, and behind that what the key may be. */
async function filterPairs(keys: readonly string[], asking: Asking): Promise<Completion> {
  const equals = asking.current.indexOf('=');
  if (equals < 0) return wordsOf(keys.map((key) => `${key}=`));
  const key = asking.current.slice(0, equals);
  const kind = FILTER_VALUES[`${asking.command} ${key}`] ?? FILTER_VALUES[key] ?? 'nothing';
  const found = await valuesOf(kind, { ...asking, current: asking.current.slice(equals + 1) });
  return behind(`${key}=`, found);
}

/** The same with something before each word. */
export function behind(prefix: string, { kind, candidates }: Completion): Completion {
  return {
    kind,
    candidates: candidates.map(({ word, about }) => ({ word: prefix + word, about })),
  };
}

/** Names; IDs of images without one, and of all once the beginning of an ID is typed. */
function imageNames(images: readonly ImageSummary[], current: string): Candidate[] {
  const asksId = /^(?:sha256:)?[0-9a-f]+$/.test(current);
  const hex = current.replace(/^sha256:/, '');
  return images.flatMap(({ id, tags }) => {
    const found = tags.map((word) => ({ word, about: '' }));
    const digits = id.replace(/^sha256:/, '');
    if ((!asksId && tags.length > 0) || !digits.startsWith(hex)) return found;
    const short = hex.length > 12 ? digits : digits.slice(0, 12);
    const word = current.startsWith('sha256:') ? id : short;
    return [...found, { word, about: tags[0] ?? 'an image without a name' }];
  });
}

async function containerNames(sources: Sources): Promise<Candidate[]> {
  const containers = await sources.containers();
  return containers.map(({ name, image, state }) => ({ word: name, about: `${image}, ${state}` }));
}

function labelsOf(images: readonly ImageSummary[]): Set<string> {
  const pairs = images.flatMap(({ labels }) => Object.entries(labels));
  return new Set(pairs.flatMap(([key, value]) => [key, `${key}=${value}`]).toSorted());
}

/** Where the Dockerfile may be that `--target` is about. */
function dockerfiles({ values, operands: [place = '.'] }: TypedLine): string[] {
  const named = values.get('file')?.at(-1);
  if (named !== undefined) return [named, `${place}/${named}`];
  return [`${place}/Dockerfile`, `${place}/Containerfile`];
}
