import type { HttpResponse } from '../net/request.ts';
import { shownUrl } from '../net/url.ts';
import { RegistryAccessError, RegistryError, RemoteNotFoundError } from './errors.ts';
import { faultIn, faultText, noRegistryHint, type RemoteFault } from './json-answer.ts';

/** What was asked for, for the words of an error. */
export interface Asked {
  /** As the user knows it: `127.0.0.1:5000/team/app:v1`. */
  readonly name: string;
  /** `docker.io/library/app` as it is typed: `app`. */
  readonly repository: string;
  readonly registry: string;
  readonly what: 'manifest' | 'blob' | 'tags' | 'referrers' | 'upload' | 'delete';
}

const DOING: ReadonlyMap<Asked['what'], string> = new Map([
  ['upload', 'writing to'],
  ['delete', 'removing'],
] as const);

/**
 * The error for an answer that is not what was hoped for, in Docker's words where it has any.
 * Reads the answer's body.
 */
export async function refusalOf(response: HttpResponse, asked: Asked): Promise<Error> {
  const { status } = response;
  const fault = await faultIn(response);
  const hint = noRegistryHint(response);
  if (status === 401 || (status === 403 && isDenial(fault))) return denied(asked, fault, status);
  if (status === 404) return notFound(asked, fault, hint);
  if (status === 429) return tooMany(response, asked);
  const said = fault ? faultText(fault) : `status ${status}`;
  const doing = DOING.get(asked.what) ?? 'reading';
  return new RegistryError(`${asked.registry} refused ${doing} ${asked.name}: ${said}`, {
    status,
    hint,
  });
}

function isDenial(fault: RemoteFault | undefined): boolean {
  return fault === undefined || fault.code === '' || /DENIED|UNAUTHORIZED/.test(fault.code);
}

function denied(asked: Asked, fault: RemoteFault | undefined, status: number): Error {
  const said = fault ? faultText(fault) : status === 401 ? 'unauthorized' : 'forbidden';
  const hint = `'stave login ${asked.registry}' stores credentials; check the name too.`;
  if (asked.what === 'upload' || asked.what === 'delete') {
    return new RegistryAccessError(said, { hint });
  }
  return new RegistryAccessError(
    `pull access denied for ${asked.repository}, repository does not exist or may require 'docker login': ${said}`,
    { hint },
  );
}

function notFound(asked: Asked, fault: RemoteFault | undefined, hint: string | undefined): Error {
  if (asked.what === 'manifest') {
    const said = faultText(fault ?? { code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' });
    const isName = fault?.code === 'NAME_UNKNOWN';
    const subject = isName ? `repository ${asked.repository}` : `manifest for ${asked.name}`;
    return new RemoteNotFoundError(`${subject} not found: ${said}`, {
      hint: hint ?? `'stave tags ${asked.repository}' lists what is there.`,
    });
  }
  const said = fault ? faultText(fault) : 'not found';
  return new RemoteNotFoundError(`${asked.name}: ${said}`, { hint });
}

function tooMany(response: HttpResponse, asked: Asked): Error {
  const after = response.headers['retry-after'];
  const limit = response.headers['ratelimit-limit'];
  const remaining = response.headers['ratelimit-remaining'];
  const rest = remaining === undefined ? '' : `, ${remaining} remain`;
  const seconds = after !== undefined && /^\d+$/.test(after) ? Number(after) : undefined;
  const when = seconds === undefined ? after : duration(seconds);
  return new RegistryError(
    `toomanyrequests: ${asked.registry} takes no more requests${when === undefined ? '' : ` for ${when}`}` +
      (limit === undefined ? '' : ` (its limit is ${limit}${rest})`),
    {
      status: 429,
      hint: `'stave login ${asked.registry}' may raise the limit; asked was ${shownUrl(response.url)}.`,
    },
  );
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}
