import type { Exchange } from './answer.ts';
import { oneLine } from './one-line.ts';

/** One line of the log of what was changed, refused and signed in. */
export interface AuditRecord {
  /** RFC 3339, in UTC. */
  readonly time: string;
  readonly method: string;
  /** The path, shortened; never a query, where secrets may be. */
  readonly path: string;
  readonly status: number;
  readonly outcome: 'done' | 'denied' | 'failed';
  /** The user; null for those who have not signed in. */
  readonly user: string | null;
  readonly by: string;
  readonly address: string;
  readonly action?: string;
  readonly repository?: string;
  /** What was written, where the answer names it. */
  readonly digest?: string;
}

/** Which requests are told of: those that change, are refused or ask for a token; or all. */
export type AuditScope = 'changes' | 'everything';

const PATH_LIMIT = 1024;
const REFUSALS = new Set([401, 403, 429]);

/** The record of a request that has been answered; undefined for one that is not told of. */
export function recordOf(
  { request, response, access, caller, need }: Exchange,
  { scope, time, path }: { readonly scope: AuditScope; readonly time: Date; readonly path: string },
): AuditRecord | undefined {
  const { method = '' } = request;
  const status = response.statusCode;
  const isReading = method === 'GET' || method === 'HEAD';
  const isToken = access.addresses.has(path) && method !== 'HEAD' && path.endsWith('/token');
  // Clients begin with asking what they are to show: that is no refusal.
  const isFirst = status === 401 && request.headers.authorization === undefined;
  const isTold = !isReading || (REFUSALS.has(status) && !isFirst) || isToken;
  if (!isTold && scope === 'changes') return undefined;
  const digest = response.getHeader('docker-content-digest');
  return {
    time: time.toISOString(),
    method,
    path: path.slice(0, PATH_LIMIT),
    status,
    outcome: status < 400 ? 'done' : REFUSALS.has(status) ? 'denied' : 'failed',
    user: caller.name ?? null,
    by: caller.by,
    address: access.addressOf(request),
    ...(need.kind === 'repository' && { action: need.action, repository: need.repository }),
    ...(typeof digest === 'string' && { digest }),
  };
}

/** A record as one line of ASCII and letters: nothing in it ends a line or moves a cursor. */
export function auditLine(record: AuditRecord): string {
  return oneLine(JSON.stringify(record));
}
