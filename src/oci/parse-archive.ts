import { InvalidInputError } from '../base/errors.ts';
import { Fields, parseJson } from './json.ts';
import { ARCHIVE_MANIFEST_LIMIT, LAYER_COUNT_LIMIT, LAYOUT_FILE_LIMIT } from './limits.ts';

/** One image of a Docker archive, by the names of the archive's members. */
export interface ArchiveImage {
  readonly config: string;
  /** `app:v1`, as found; not checked to be a reference. */
  readonly repoTags: readonly string[];
  /** Bottom first. */
  readonly layers: readonly string[];
}

/**
 * Reads the `manifest.json` of a Docker archive. The paths in it are relative and stay inside
 * the archive. Throws InvalidInputError.
 */
export function parseArchiveManifest(data: Uint8Array): readonly ArchiveImage[] {
  const what = 'manifest.json';
  const list = parseJson(data, ARCHIVE_MANIFEST_LIMIT, what);
  if (!Array.isArray(list)) throw new InvalidInputError(`${what} is not a list`);
  return list.map((value: unknown, at) => {
    const fields = new Fields(value, `image ${at + 1} of ${what}`);
    return {
      config: memberName(fields.text('Config')),
      repoTags: fields.optionalTexts('RepoTags', 10_000) ?? [],
      layers: (fields.optionalTexts('Layers', LAYER_COUNT_LIMIT) ?? []).map(memberName),
    };
  });
}

/**
 * Checks an `oci-layout` file. Throws InvalidInputError when it is none, or of another version.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#oci-layout-file
 */
export function checkLayoutFile(data: Uint8Array): void {
  const what = 'oci-layout';
  const version = new Fields(parseJson(data, LAYOUT_FILE_LIMIT, what), what).text(
    'imageLayoutVersion',
  );
  if (version !== '1.0.0') {
    throw new InvalidInputError(`${what} is of version ${JSON.stringify(version.slice(0, 20))}`, {
      hint: "Only version '1.0.0' can be read.",
    });
  }
}

function memberName(name: string): string {
  const parts = name.split('/');
  if (name.length > 4096 || name.includes('\0') || parts.includes('..') || parts[0] === '') {
    throw new InvalidInputError('manifest.json names a file outside the archive');
  }
  return parts.filter((part) => part !== '.' && part !== '').join('/');
}
