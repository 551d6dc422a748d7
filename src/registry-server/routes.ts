/** Kinds of addresses, as logs and figures call them. */
export const ROUTES = [
  'base',
  'catalog',
  'discover',
  'tags',
  'manifest',
  'blob',
  'uploads',
  'upload',
  'referrers',
  'log',
  'token',
  'health',
  'metrics',
  'page',
  'other',
] as const;

/** One of {@link ROUTES}. */
export type Route = (typeof ROUTES)[number];
