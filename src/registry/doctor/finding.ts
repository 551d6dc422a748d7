/** One step of the way to a registry, and what was met there. */
export interface Finding {
  readonly step:
    | 'name'
    | 'mirror'
    | 'proxy'
    | 'dns'
    | 'connect'
    | 'tls'
    | 'ping'
    | 'credentials'
    | 'token'
    | 'login'
    | 'manifest'
    | 'tags'
    | 'push';
  /** `note`: neither good nor bad, but worth knowing. */
  readonly outcome: 'ok' | 'note' | 'failed';
  /** One line. */
  readonly text: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** A finding of one step. */
export function finding(
  step: Finding['step'],
  outcome: Finding['outcome'],
  text: string,
  hint?: string,
): Finding {
  return { step, outcome, text, ...(hint !== undefined && { hint }) };
}
