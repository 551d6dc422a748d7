import type { IncomingMessage } from 'node:http';
import { randomHex } from '../sys/random.ts';

const GIVEN = /^[A-Za-z0-9._:-]{1,64}$/;

/**
 * Names for requests: that which a proxy before us gave (`X-Request-Id`), as long as nothing in it
 * could confuse a log; otherwise one that no other process gives.
 */
export function requestIds(): (request: IncomingMessage) => string {
  const prefix = randomHex(6);
  let count = 0;
  return ({ headers }) => {
    const given = headers['x-request-id'];
    if (typeof given === 'string' && GIVEN.test(given)) return given;
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
