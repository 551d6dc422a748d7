import type { ServerResponse } from 'node:http';

/** How often slow answers go on, in milliseconds. */
const PACE = 10;

/**
 * Sends a body, `pace` bytes every 10 ms where one is given; `count` is told what went out. What
 * the other side has not taken yet is waited for, so that little is lost when it dies.
 */
export function sendPaced(
  response: ServerResponse,
  data: Buffer,
  pace: number | undefined,
  count: (bytes: number) => void,
): void {
  if (pace === undefined) {
    count(data.length);
    response.end(data);
    return;
  }
  let at = 0;
  const timer = setInterval(() => {
    if (response.destroyed) return clearInterval(timer);
    if (response.writableNeedDrain) return;
    const piece = data.subarray(at, at + pace);
    at += piece.length;
    count(piece.length);
    if (at < data.length) return void response.write(piece);
    clearInterval(timer);
    response.end(piece);
  }, PACE);
}
