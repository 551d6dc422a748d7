import { Exit, StaveError } from '../base/errors.ts';

/** There is no conmon on this machine. */
export class MonitorMissingError extends StaveError {
  readonly code = 'MONITOR_MISSING';

  constructor() {
    super('conmon is missing, which watches containers', {
      hint: "Install it, for example with 'apt-get install conmon'.",
      exitCode: Exit.usage,
    });
  }
}

/** Nobody watches a container, so that its input and output cannot be had. */
export class MonitorGoneError extends StaveError {
  readonly code = 'MONITOR_GONE';

  constructor(message: string) {
    super(message, {
      hint: 'Its monitor was killed: restart the container to have a new one.',
      httpStatus: 409,
    });
  }
}
