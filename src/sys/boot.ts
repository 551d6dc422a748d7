import { readFileSync } from 'node:fs';

/** Names this run of the kernel: another one after every boot. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
