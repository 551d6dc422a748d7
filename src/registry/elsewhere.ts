import { StaveError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { HttpResponse } from '../net/request.ts';
import type { Connection } from './connection.ts';
import { isInnerAddress, isInsecure } from './host.ts';
import type { RegistrySettings } from './settings.ts';

/** What is asked for at other places than a registry. */
export interface ElsewhereRequest {
  readonly connection: Connection;
  /** As a manifest names them. */
  readonly urls: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly settings: RegistrySettings;
}

/**
 * The first good answer of the places that a manifest names for a layer; undefined when none
 * has it. They are shown nothing of us, and a manifest cannot make us ask inside a private network.
 */
export async function askElsewhere(
  { connection, urls, headers, settings }: ElsewhereRequest,
  call: CallOptions,
): Promise<HttpResponse | undefined> {
  const base = await connection.base(call);
  for (const text of urls) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== 'https:' && url?.protocol !== 'http:') continue;
    const isTrusted = isInsecure(url.host, settings) && isInsecure(base.host, settings);
    if (url.origin === base.origin || (isInnerAddress(url.host) && !isTrusted)) continue;
    url.username = '';
    url.password = '';
    try {
      const response = await connection.ask({ target: url, scopes: [], headers }, call);
      if (response.status === 200 || response.status === 206) return response;
      await response.discard();
    } catch (error) {
      if (call.signal?.aborted || !(error instanceof StaveError)) throw error;
    }
  }
  return undefined;
}
