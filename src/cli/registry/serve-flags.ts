import { LOG_FORMATS, LOG_LEVELS } from '../../registry-server/log.ts';
import { flag, type Values } from '../flags.ts';
import { ACCESS_FLAGS } from './access-flags.ts';
import { KEEP_FLAGS } from './keep-flags.ts';
import { LIMIT_FLAGS } from './limit-flags.ts';
import { MIRROR_FLAGS } from './mirror-flags.ts';
import { PAGE_FLAGS } from './page-flags.ts';
import { STORAGE_FLAGS } from './storage-flags.ts';
import { TLS_FLAGS } from './tls-flags.ts';

/** Flags of `registry serve`. A config file says the same and more: `config/table.ts`. */
export const SERVE_FLAGS = {
  addr: flag.text('host:port', 'Listen here, "127.0.0.1:5000" by default'),
  config: flag.text('file', 'Settings in YAML; flags count more'),
  'read-only': flag.toggle('Refuse whatever would change something'),
  'audit-log': flag.text('file|-', 'Write what is changed, refused and signed in to this file'),
  'audit-reads': flag.toggle('Write every request to --audit-log'),
  'log-format': flag.choice(LOG_FORMATS, 'Lines of the log are text, or JSON'),
  'log-level': flag.choice(LOG_LEVELS, 'Leave out lines that matter less, "info" by default'),
  'log-requests': flag.toggle('Write a line for every request'),
  metrics: flag.text('host:port', 'Show figures for Prometheus here, to everyone'),
  'metrics-user': flag.list('name', 'Show figures at /metrics to this user; "anonymous" is anyone'),
  'stop-timeout': flag.duration('How long requests may go on after SIGTERM, "10s" by default'),
  ...ACCESS_FLAGS,
  ...KEEP_FLAGS,
  ...LIMIT_FLAGS,
  ...PAGE_FLAGS,
  ...MIRROR_FLAGS,
  ...STORAGE_FLAGS,
  ...TLS_FLAGS,
};

/** What the flags of `registry serve` hold. */
export type ServeValues = Values<typeof SERVE_FLAGS>;
