import { closeSync, fsync, openSync } from 'node:fs';

/** Waits until a file's bytes, or a folder's names, are on the disk. Other requests go on. */
export async function syncPath(path: string): Promise<void> {
  const fd = openSync(path, 'r');
  try {
    await syncFd(fd);
  } finally {
    closeSync(fd);
  }
}

/** The same for what is open. */
export function syncFd(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(fd, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
