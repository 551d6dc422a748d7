import type { Clock } from '../../base/clock.ts';
import { BoundedMap } from './bounded-map.ts';

interface Bucket {
  /** What is left in it, at `at`. */
  level: number;
  at: number;
}

/** Whom buckets are kept for at a time. */
const LIMIT = 10_000;

/** How often each of many may do something: so many times at once, and so many in a second. */
export class Buckets {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #buckets = new BoundedMap<Bucket>(LIMIT);

  constructor(burst: number, perSecond: number, clock: Clock) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** 0 when it may; otherwise in how many seconds it may, at least 1. */
  take(key: string): number {
    const now = this.#clock.now().getTime();
    const bucket = this.#buckets.get(key) ?? { level: this.#burst, at: now };
    const passed = Math.max(0, now - bucket.at) / 1000;
    bucket.level = Math.min(this.#burst, bucket.level + passed * this.#perSecond);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    if (bucket.level < 1) return Math.max(1, Math.ceil((1 - bucket.level) / this.#perSecond));
    bucket.level -= 1;
    return 0;
  }

  /** Takes back a {@link take} that shall not count. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket) bucket.level = Math.min(this.#burst, bucket.level + 1);
  }
}

/** One key for a subscriber: an IPv6 network of 64 bits, an IPv4 address. */
export function subscriber(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: gap }, () => '0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':')}::/64`;
}
