const FACTOR: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 };

/** Bytes of `20MB` (steps of 1000, as sizes are shown) or `20MiB` (of 1024). Throws RangeError. */
export function shownBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgt]?)(i?)b?$/i.exec(text);
  if (!match) throw new RangeError(`invalid size: '${text}'`);
  const [, number, unit = '', binary] = match;
  const step = binary === '' ? 1000 : 1024;
  return Math.floor(Number(number) * step ** (FACTOR[unit.toLowerCase()] ?? 0));
}

/** A share of one: `5%`. Undefined for what does not end so. Throws RangeError. */
export function percentage(text: string): number | undefined {
  if (!text.endsWith('%')) return undefined;
  const share = Number(text.slice(0, -1)) / 100;
  if (text === '%' || !(share >= 0)) throw new RangeError(`invalid percentage: '${text}'`);
  return share;
}
