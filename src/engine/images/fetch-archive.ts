import type { Bytes } from '../../base/bytes.ts';
import { StaveError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { openClient } from '../../net/request.ts';
import { shownUrl } from '../../net/url.ts';
import { proxiesOf, type RegistrySettings } from '../../registry/settings.ts';

/** A server did not give what was asked of it. */
class FetchFailedError extends StaveError {
  readonly code = 'FETCH_FAILED';

  constructor(url: string, status: number) {
    const words = process.getBuiltinModule('node:http').STATUS_CODES[status];
    const said = words === undefined ? String(status) : `${status} ${words}`;
    super(`cannot read ${shownUrl(url)}: the server answered ${said}`, { httpStatus: 502 });
  }
}

/** What is behind a URL, asked for when it is read. Throws NetError, FetchFailedError. */
export async function* fetchArchive(
  url: string,
  settings: RegistrySettings = {},
  { signal }: CallOptions = {},
): Bytes {
  using client = openClient({ proxy: proxiesOf(settings) });
  const response = await client.request(url, { signal });
  if (response.status !== 200) {
    await response.discard();
    throw new FetchFailedError(url, response.status);
  }
  yield* response.body;
}
