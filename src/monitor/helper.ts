import { spawn } from 'node:child_process';

/** Starts a program that goes on when this process has ended, with nothing of its streams. */
export function startBeside([program = '', ...args]: readonly string[]): void {
  const child = spawn(program, args, {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: 'ignore',
    detached: true,
  });
  child.on('error', () => undefined);
  child.unref();
}
