import type { CreateRequest } from '../create-request.ts';

/** `host`, `none`, `container:NAME`, or something that has networks of its own. */
export function networkKind({ networks }: CreateRequest): string {
  return networks?.[0]?.name ?? 'default';
}

/** Whether it is on networks that have to be given back at its end. */
export function isNetworked(request: CreateRequest): boolean {
  const kind = networkKind(request);
  return kind !== 'host' && kind !== 'none' && !kind.startsWith('container:');
}
