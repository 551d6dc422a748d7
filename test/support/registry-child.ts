import { systemClock } from '../../src/base/clock.ts';
import { openFileStorage } from '../../src/registry-server/file-storage.ts';
import { openRegistryServer } from '../../src/registry-server/server.ts';

// A registry in a process of its own, to be killed: `registry-child.ts FOLDER` says where it listens.
const [, , folder = ''] = process.argv;
const server = await openRegistryServer({
  host: '127.0.0.1',
  port: 0,
  storage: openFileStorage(folder, systemClock),
  readOnly: false,
  onFailure: (error) => console.error(error),
});
console.log(server.url);
