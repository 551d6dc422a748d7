import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLimits } from './host.ts';

test('parseLimits() reads hard limits and leaves unlimited ones out', () => {
  const limits =
    parseLimits(`Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max core file size        0                    unlimited            bytes     
Max open files            1024                 20000                files     
Max nice priority         0                    0                    
`);
  assert.deepEqual(
    [...limits],
    [
      ['RLIMIT_NOFILE', 20000],
      ['RLIMIT_NICE', 0],
    ],
  );
});
