import type { CreateRequest } from '../create-request.ts';

/** `host`, `none`, `container:NAME`, or something that has networks of its own. */
export function networkKind({ networks }: CreateRequest): string {
  return networks?.[0]?.name ?? 'default';
}
