import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../base/clock.ts';
import { isErrno } from '../base/errors.ts';
import { type Access, NOBODY } from './access/access.ts';
import { answerProblem, type Exchange } from './answer.ts';
import { type AuditRecord, type AuditScope, recordOf } from './audit.ts';
import { Problem } from './errors.ts';
import type { Limits } from './limits.ts';
import { route, type Served } from './router.ts';

/** What the page says in each of its requests. */
const PAGE_HEADER = 'x-stave-page';

/** What requests are answered with. */
export interface Serving {
  readonly served: Served;
  readonly access: Access;
  readonly limits: Limits;
  readonly clock: Clock;
  /** Is told what was done, by whom. */
  readonly audit: ((record: AuditRecord) => void) | undefined;
  readonly auditScope: AuditScope;
  /** Names requests. */
  readonly nameOf: (request: IncomingMessage) => string;
  /** Is told of every request that was answered, and how many milliseconds that took. */
  readonly observe: ((exchange: Exchange, time: number) => void) | undefined;
  /** Is told of failures that are nobody's fault outside, under the word that the client got. */
  readonly onFailure: (error: unknown, word: string) => void;
}

/** Answers a request. `waits` says that the client waits for a word before it sends the body. */
export async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  waits: boolean,
  serving: Serving,
): Promise<void> {
  const { access, limits, audit, clock, auditScope: scope, observe, onFailure } = serving;
  const start = observe ? performance.now() : 0;
  const id = serving.nameOf(request);
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  response.setHeader('x-request-id', id);
  const { path, query } = addressOf(request.url ?? '');
  const exchange: Exchange = {
    id,
    request,
    response,
    path: path ?? '',
    query,
    waits,
    access,
    limits,
    caller: NOBODY,
    need: { kind: 'nothing' },
    route: 'other',
  };
  try {
    if (path === undefined) throw new Problem(400, 'NAME_INVALID', 'the address cannot be read');
    await route(exchange, path, serving.served);
  } catch (error) {
    answerFailure(exchange, error, onFailure);
  }
  if (audit) {
    const record = recordOf(exchange, { scope, time: clock.now(), path: path ?? '' });
    if (record) audit(record);
  }
  observe?.(exchange, performance.now() - start);
}

function answerFailure(exchange: Exchange, error: unknown, onFailure: Serving['onFailure']): void {
  const { request, response } = exchange;
  // Nobody is there to be told.
  if (response.destroyed || request.socket.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    onFailure(error, 'while it was sent');
    return;
  }
  if (error instanceof Problem) {
    const { code, message, headers, httpStatus } = error;
    answerProblem(exchange, httpStatus, { code, message }, forPage(request, headers));
    return;
  }
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) {
    answerProblem(exchange, 507, { code: 'DENIED', message: 'the registry is full' });
    onFailure(error, 'the registry is full');
    return;
  }
  const message = `the registry failed; its log says why under ${exchange.id}`;
  answerProblem(exchange, 500, { code: 'UNSUPPORTED', message });
  onFailure(error, exchange.id);
}

/**
 * A browser that is asked for a password in its own words asks its user, over the page's head and
 * for ever after: the page, which says who it is, gets the question under another name.
 */
function forPage(
  { headers: { [PAGE_HEADER]: page } }: IncomingMessage,
  headers: Problem['headers'],
): Problem['headers'] {
  const { 'www-authenticate': challenge, ...others } = headers;
  if (page === undefined || challenge === undefined) return headers;
  return { ...others, 'www-authenticate': `X-${challenge}` };
}

/** Path and query of a request line; no path when it cannot be decoded. */
function addressOf(target: string): { path: string | undefined; query: URLSearchParams } {
  const mark = target.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  const raw = mark < 0 ? target : target.slice(0, mark);
  try {
    return { path: raw.includes('%') ? decodeURIComponent(raw) : raw, query };
  } catch {
    return { path: undefined, query };
  }
}
