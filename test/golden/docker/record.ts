/**
 * Asks Docker what its commands say and writes that down, for a Docker that has no other images:
 *
 *   scripts/peers.sh dockerd start
 *   sh scripts/in-node.sh test/golden/docker/record.ts list.txt
 *
 * The commands in the file stay what they are. PEERS is the program that runs docker.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { recorded, words, written } from '../cli/transcript.ts';
import { archive } from './fixture.ts';

const docker = (args: readonly string[], input?: Buffer): ReturnType<typeof spawnSync> =>
  spawnSync('sh', ['scripts/peers.sh', 'exec', 'docker', ...args], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
    ...(input && { input }),
  });

const loaded = docker(['load'], archive());
if (loaded.status !== 0) throw new Error(String(loaded.stderr));
for (const file of process.argv.slice(2)) {
  const path = new URL(file, import.meta.url);
  const blocks = recorded(readFileSync(path, 'utf8')).map(({ command }) => {
    const { stdout, stderr, status } = docker(words(command).slice(1));
    return written(command, {
      stdout: String(stdout),
      stderr: String(stderr).replace(/^Error response from daemon: |^Error: /gm, ''),
      code: status ?? 1,
    });
  });
  writeFileSync(path, blocks.join('\n'));
}
