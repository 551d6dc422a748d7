import { StaveError } from '../../base/errors.ts';

/** Nothing was written down of what was typed in a container. */
export class NotRecordedError extends StaveError {
  readonly code = 'NOT_RECORDED';

  constructor(name: string) {
    super(`container ${name} is not recorded`, {
      httpStatus: 409,
      hint: "Start one with 'stave run -it --record IMAGE'.",
    });
  }
}
