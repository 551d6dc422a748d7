/** Runs in a thread of its own: checks passwords, which takes as long as bcrypt is meant to take. */
import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';
import type { BcryptJob, BcryptResult } from './bcrypt-thread.ts';

parentPort?.on('message', ({ id, password, hash }: BcryptJob) => {
  const result: BcryptResult = { id, isRight: compareSync(password, hash) };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window
  parentPort?.postMessage(result);
});
