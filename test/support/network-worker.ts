import { join } from 'node:path';
import { createNetwork } from '../../src/network/manage.ts';
import { openNetworks } from '../../src/network/networks.ts';
import { openStore } from '../../src/store/open-store.ts';

// Containers come and go on two networks of a store: ROOT LETTER ROUNDS.
const [root = '', letter = 'a', rounds = '1'] = process.argv.slice(2);
const store = openStore(root);
const stateDir = join(root, 'run');
const networks = openNetworks({ store, stateDir });
const id = letter.repeat(64);
await createNetwork({ store, stateDir }, { name: `net-${letter}` }).catch(() => undefined);
for (let round = 0; round < Number(rounds); round++) {
  const prepared = await networks.prepare(
    { id, name: `c${letter}`, hostname: `h${letter}` },
    {
      networks: [{ name: 'default' }, { name: `net-${letter}` }],
      publish: [{ hostIp: '127.0.0.1', containerPort: 80, protocol: 'tcp' }],
    },
  );
  process.stdout.write(`${prepared.endpoints[0]?.ip}\n`);
  await networks.release(id);
  prepared.closeReserved();
}
