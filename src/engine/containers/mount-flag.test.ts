import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMount } from './mount-flag.ts';

test('parseMount() reads binds, volumes and memory', () => {
  assert.deepEqual(parseMount('type=bind,source=/a,target=/b/../c,ro,bind-propagation=rslave'), {
    volume: {
      source: { kind: 'path', path: '/a', create: false },
      target: '/c',
      readonly: true,
      filled: false,
      mode: '',
      recursive: true,
      propagation: 'rslave',
    },
  });
  assert.deepEqual(
    parseMount('src=data,dst=/d,volume-nocopy,volume-opt=type=tmpfs,"volume-opt=o=uid=1,gid=2"'),
    {
      volume: {
        source: { kind: 'named', name: 'data' },
        target: '/d',
        readonly: false,
        filled: false,
        mode: '',
        options: Object.assign(Object.create(null), { type: 'tmpfs', o: 'uid=1,gid=2' }),
      },
    },
  );
  assert.deepEqual(parseMount('type=tmpfs,destination=/t,tmpfs-size=2k,readonly=true'), {
    tmpfs: { target: '/t', options: ['noexec', 'nosuid', 'nodev', 'ro'], size: 2048 },
  });
});

test('parseMount() says what is wrong', () => {
  const message = (text: string): string => {
    try {
      parseMount(text);
      return 'accepted';
    } catch (error) {
      return (error as Error).message.replace(
        /^invalid argument .* for "--mount" flag: /,
        'flag: ',
      );
    }
  };
  assert.equal(message('type=bind,src=/a'), 'flag: target is required');
  assert.equal(message('src'), "flag: invalid field 'src' must be a key=value pair");
  assert.equal(message('colour=red,dst=/a'), "flag: unexpected key 'colour' in 'colour=red'");
  assert.equal(message('dst=/a,ro=maybe'), 'flag: invalid value for readonly: maybe');
  assert.equal(message('type=npipe,dst=/a'), "flag: mounts of type 'npipe' are not available");
  assert.equal(
    message('type=bind,src=/a,dst=/b,volume-nocopy'),
    "flag: cannot mix 'volume-*' options with mount type 'bind'",
  );
  assert.equal(
    message('type=bind,src=a,dst=/b'),
    'invalid mount config for type "bind": invalid mount path: \'a\' mount path must be absolute',
  );
  assert.equal(
    message('dst=b'),
    'invalid mount config for type "volume": invalid mount path: \'b\' mount path must be absolute',
  );
  assert.equal(
    message('dst="/b'),
    'flag: parse error on line 1, column 5: bare " in non-quoted field',
  );
});
