import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
const APPLETS =
  'cat chmod chown cp dd df echo env false find grep head hostname id ip kill ln ls mkdir mknod mount mv nc ps pwd readlink rm sed sh sleep sort stat stty test touch tr true umount unshare wc yes';

/** Why tests that run something in a root file system cannot; false when they can. */
export const cannotRun: string | false =
  process.getuid?.() !== 0
    ? 'needs root'
    : BUSYBOX === undefined
      ? 'needs a static busybox (package busybox-static)'
      : false;

/** Makes a small root file system: busybox, its usual names, users `root` and `app`. */
export function busyboxRoot(directory: string): string {
  for (const name of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'home/app']) {
    mkdirSync(join(directory, name), { recursive: true });
  }
  copyFileSync(BUSYBOX as string, join(directory, 'bin/busybox'));
  for (const name of APPLETS.split(' ')) symlinkSync('busybox', join(directory, 'bin', name));
  writeFileSync(
    join(directory, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n',
  );
  writeFileSync(join(directory, 'etc/group'), 'root:x:0:\napp:x:1000:\nvideo:x:44:app\n');
  return directory;
}
