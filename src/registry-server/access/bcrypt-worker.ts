/** Runs in a thread of its own: bcrypt, which takes as long as it is meant to take. */
import { parentPort } from 'node:worker_threads';
import { compareSync, hashSync } from 'bcryptjs';
import type { BcryptJob, BcryptResult } from './bcrypt-thread.ts';

parentPort?.on('message', (job: BcryptJob) => {
  const { id, password } = job;
  const value = 'hash' in job ? compareSync(password, job.hash) : hashSync(password, job.cost);
  const result: BcryptResult = { id, value };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window
  parentPort?.postMessage(result);
});
