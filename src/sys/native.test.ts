import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { cString } from './native.ts';

test('native() says in one line that the native part is not installed', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { registerHooks } from 'node:module';
       registerHooks({
         resolve: (name, context, next) => {
           if (name === 'koffi') throw new Error('no binary');
           return next(name, context);
         },
       });
       process.dlopen = () => { throw new Error('no binary'); };
       const { native } = await import('${import.meta.dirname}/native.ts');
       try { native(); } catch (error) { console.log(error.code, error.message, error.hint); }`,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^NATIVE_MISSING the native part .* --omit=optional\.\n$/);
});

test('cString() ends bytes with a NUL and refuses one inside', () => {
  assert.deepEqual([...cString(Buffer.from([0xff, 0x2f]))], [0xff, 0x2f, 0]);
  assert.throws(() => cString('a\0b'), { code: 'EINVAL' });
});
