import { StaveError, type StaveErrorOptions } from '../base/errors.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';

/** Nothing here goes by that name or ID. */
export class ImageNotFoundError extends StaveError {
  readonly code = 'IMAGE_NOT_FOUND';

  /** `name` as it is to be shown; `near` are names that exist and look like it. */
  constructor(name: string, near: readonly string[] = []) {
    super(`No such image: ${name}`, {
      httpStatus: 404,
      ...(near.length > 0 && {
        hint: `Did you mean ${near.map((one) => `'${one}'`).join(' or ')}?`,
      }),
    });
  }
}

/** The image is here, but not for the platform that was asked for. */
export class PlatformNotFoundError extends StaveError {
  readonly code = 'PLATFORM_NOT_FOUND';

  constructor(name: string, wanted: Platform, made: readonly Platform[]) {
    const [only, another] = made.map(formatPlatform);
    const asked = formatPlatform(wanted);
    super(
      only !== undefined && another === undefined
        ? `image with reference ${name} was found but its platform (${only}) does not match the specified platform (${asked})`
        : `image with reference ${name} was found but does not provide the specified platform (${asked})`,
      {
        httpStatus: 404,
        ...(another !== undefined && {
          hint: `It is here for ${made.map(formatPlatform).join(', ')}.`,
        }),
      },
    );
  }
}

/** The beginning of an ID fits several images; `candidates` describe some of them. */
export class AmbiguousImageError extends StaveError {
  readonly code = 'AMBIGUOUS_IMAGE';

  constructor(prefix: string, candidates: readonly string[]) {
    super(`image ID ${prefix} is ambiguous: several images begin with it`, {
      hint: `Give more of its digits, or a name: ${candidates.join(', ')}.`,
      httpStatus: 400,
    });
  }
}

/** The image is in use, so it stays as it is. */
export class ImageConflictError extends StaveError {
  readonly code = 'IMAGE_CONFLICT';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(`conflict: ${message}`, { httpStatus: 409, ...options });
  }
}

/** An ID was given where one of its names is meant. */
export class NotANameError extends StaveError {
  readonly code = 'NOT_A_NAME';

  constructor(id: string, names: readonly string[]) {
    super(`${id} is the ID of an image, not a name of it`, {
      hint:
        names.length > 0
          ? `It is called ${names.join(', ')}.`
          : "It has no name; 'stave rmi' removes the image itself.",
      httpStatus: 400,
    });
  }
}

/** `push` was given a name that no image has. */
export class NotPushableError extends StaveError {
  readonly code = 'NOT_PUSHABLE';

  constructor(message: string, near: readonly string[]) {
    super(message, {
      hint:
        near.length > 0
          ? `Did you mean ${near.map((one) => `'${one}'`).join(' or ')}?`
          : "'stave images' lists what is here; 'stave tag' gives an image another name.",
      httpStatus: 404,
    });
  }
}

/** `save` was given a name that nothing has. */
export class ReferenceNotFoundError extends StaveError {
  readonly code = 'REFERENCE_NOT_FOUND';

  /** `advice` is what is known of names like it. */
  constructor(name: string, advice?: string) {
    super('reference does not exist', {
      hint: `No image is called '${name}'${advice === undefined ? "; 'stave images' lists them." : `. ${advice}`}`,
      httpStatus: 404,
    });
  }
}

/** No layer of the image ever had that path. */
export class PathNotFoundError extends StaveError {
  readonly code = 'PATH_NOT_FOUND';

  /** `near` are other places of the same name. */
  constructor(path: string, image: string, near: readonly string[]) {
    super(`no layer of ${image} has ${path}`, {
      httpStatus: 404,
      ...(near.length > 0 && { hint: `There is ${near.join(', ')}.` }),
    });
  }
}
