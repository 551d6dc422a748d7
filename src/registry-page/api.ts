import { signal } from '@preact/signals';
import type { Login, Session } from '../registry-server/page/api-types.ts';

/** What the user signed in with. It is in this page's memory only and gone with it. */
type Credentials =
  | { readonly kind: 'password'; readonly basic: string }
  | {
      readonly kind: 'token';
      readonly user: string;
      readonly refresh: string;
      readonly service: string;
    }
  | { readonly kind: 'elsewhere'; readonly token: string };

/** A request that the registry refused, in its words. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An answer in JSON, and where its next page is. */
export interface Page<T> {
  readonly data: T;
  readonly next: string | undefined;
}

/** What a token must allow: `repository:NAME:pull,push,delete`, for example. */
export type Scope = string;

/** The scope of the list of repositories. */
export const CATALOG: Scope = 'registry:catalog:*';
/** Tokens are taken for expired so much earlier, in milliseconds. */
const MARGIN = 10_000;

const credentials = signal<Credentials | undefined>(undefined);
const tokens = new Map<Scope, { readonly token: string; readonly until: number }>();

/** Who is signed in, and how that can be done; undefined until the registry has said so. */
export const session = signal<Session | undefined>(undefined);
/** Grows whenever all that is shown must be asked for again. */
export const epoch = signal(0);

/** Everything that may be done in a repository, as far as it is allowed. */
export function all(name: string): Scope {
  return `repository:${name}:pull,push,delete`;
}

/** Asks the registry for JSON. Throws Refusal. */
export async function ask<T>(path: string, scope: Scope | undefined): Promise<T> {
  return (await askPage<T>(path, scope)).data;
}

/** The same for lists of the distribution API, whose next page is named in a header. */
export async function askPage<T>(path: string, scope: Scope | undefined): Promise<Page<T>> {
  const response = await send('GET', path, scope);
  const next = /^<([^>]+)>/.exec(response.headers.get('link') ?? '')?.[1];
  return { data: (await response.json()) as T, next };
}

/** The text of a short blob. Throws Refusal. */
export async function askText(path: string, scope: Scope): Promise<string> {
  return (await send('GET', path, scope)).text();
}

/** Removes what is at an address. Throws Refusal. */
export async function remove(path: string, scope: Scope): Promise<void> {
  await send('DELETE', path, scope);
}

/** Asks who the registry takes this page for. */
export async function greet(): Promise<void> {
  session.value = await ask<Session>('/api/session', undefined);
}

/** Signs in, or throws Refusal and nothing has changed. */
export async function signIn(login: Login, user: string, password: string): Promise<void> {
  const found = await credentialsFor(login, user, password);
  const before = credentials.value;
  credentials.value = found;
  try {
    if (found.kind !== 'token') await greet();
  } catch (error) {
    credentials.value = before;
    throw error;
  }
  const { value } = session;
  // The registry has said so itself where it was asked.
  if (value && found.kind === 'token') session.value = { ...value, user: found.user };
  tokens.clear();
  epoch.value += 1;
}

/** Forgets who is signed in. */
export function signOut(): void {
  credentials.value = undefined;
  tokens.clear();
  const { value } = session;
  if (value) session.value = { ...value, user: null };
  epoch.value += 1;
}

async function credentialsFor(login: Login, user: string, password: string): Promise<Credentials> {
  switch (login.kind) {
    case 'token': {
      const { refresh_token: refresh = '' } = await askToken({
        grant_type: 'password',
        username: user,
        password,
        access_type: 'offline',
        service: login.service,
      });
      return { kind: 'token', user, refresh, service: login.service };
    }
    case 'elsewhere':
      return { kind: 'elsewhere', token: password.trim() };
    default: {
      const text = new TextEncoder().encode(`${user}:${password}`);
      return { kind: 'password', basic: btoa(String.fromCharCode(...text)) };
    }
  }
}

async function authorization(scope: Scope | undefined): Promise<string | undefined> {
  const { value: own } = credentials;
  if (!own) return undefined;
  if (own.kind === 'password') return `Basic ${own.basic}`;
  if (own.kind === 'elsewhere') return `Bearer ${own.token}`;
  if (scope === undefined) return undefined;
  const known = tokens.get(scope);
  if (known && known.until > Date.now()) return `Bearer ${known.token}`;
  const { token, expires_in: life = 60 } = await askToken({
    grant_type: 'refresh_token',
    refresh_token: own.refresh,
    service: own.service,
    scope,
  });
  tokens.set(scope, { token, until: Date.now() + life * 1000 - MARGIN });
  return `Bearer ${token}`;
}

interface TokenAnswer {
  readonly token: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
}

async function askToken(fields: Record<string, string>): Promise<TokenAnswer> {
  const body = new URLSearchParams(fields);
  const response = await fetch('/token', { ...COMMON, method: 'POST', headers: OWN, body });
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as TokenAnswer;
}

/** Who is asked with this in a request does not let the browser ask for a password. */
const OWN = { 'x-stave-page': '1' };
const COMMON: RequestInit = {
  cache: 'no-store',
  credentials: 'same-origin',
  redirect: 'error',
  referrerPolicy: 'no-referrer',
};

async function send(method: string, path: string, scope: Scope | undefined): Promise<Response> {
  const header = await authorization(scope);
  const headers = { ...OWN, ...(header !== undefined && { authorization: header }) };
  let response: Response;
  try {
    response = await fetch(path, { ...COMMON, method, headers });
  } catch {
    throw new Refusal(0, 'The registry cannot be reached.');
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function refusalOf(response: Response): Promise<Refusal> {
  const text = await response.text();
  try {
    const { errors } = JSON.parse(text) as { errors?: readonly { message?: string }[] };
    const message = errors?.[0]?.message;
    if (message !== undefined) return new Refusal(response.status, message);
  } catch {
    // It is not the registry's own answer.
  }
  return new Refusal(response.status, `The answer was ${response.status}.`);
}
