import type { Mirror } from '../../../registry-server/mirror/mirror.ts';
import type { Access } from '../../../registry-server/access/access.ts';
import type { AccessSettings } from '../../../registry-server/access/settings.ts';
import type { Log } from '../../../registry-server/log.ts';
import type { RegistryServer } from '../../../registry-server/server.ts';
import type { WatchedTls } from '../../../registry-server/tls/tls-files.ts';
import type { Context } from '../../command.ts';
import type { Effective } from '../config/effective.ts';
import type { OpenStorage } from '../storage-flags.ts';
import type { TlsPlace } from '../tls-flags.ts';
import type { AuditLog } from './audit-log.ts';
import type { HookBox } from './hook-box.ts';

/** What only the process around a registry knows. */
export type ServeContext = Pick<
  Context,
  'cwd' | 'env' | 'clock' | 'stdout' | 'stderr' | 'signal' | 'version'
>;

/** A registry that runs, with what reloading replaces. */
export interface Running {
  effective: Effective;
  access: Access;
  tls: WatchedTls | undefined;
  readonly log: Log;
  readonly server: RegistryServer;
  readonly kept: OpenStorage;
  readonly mirror: Mirror | undefined;
  readonly hooks: HookBox | undefined;
  readonly audit: AuditLog | undefined;
  readonly tlsPlace: TlsPlace | undefined;
  readonly openAccess: (settings: AccessSettings) => Access;
  readonly watchTls: (place: TlsPlace) => WatchedTls;
}
