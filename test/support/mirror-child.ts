import { systemClock } from '../../src/base/clock.ts';
import { openFileStorage } from '../../src/registry-server/file-storage.ts';
import { openMirror } from '../../src/registry-server/mirror/mirror.ts';
import { openRegistryServer } from '../../src/registry-server/server.ts';

// A mirror in a process of its own, to be killed: `mirror-child.ts FOLDER UPSTREAM`.
const [, , folder = '', upstream = ''] = process.argv;
const mirror = openMirror(openFileStorage(folder, systemClock), [{ prefix: 'hub', upstream }], {
  clock: systemClock,
  variable: () => undefined,
  tell: (line) => console.error(line),
});
const server = await openRegistryServer({
  host: '127.0.0.1',
  port: 0,
  storage: mirror.storage,
  mirror,
  readOnly: false,
  onFailure: (error) => console.error(error),
});
console.log(server.url);
