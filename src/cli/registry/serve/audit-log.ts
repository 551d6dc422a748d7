import { resolve } from 'node:path';
import { InvalidInputError, UsageError } from '../../../base/errors.ts';
import type { AuditRecord } from '../../../registry-server/audit.ts';
import type { Context } from '../../command.ts';
import type { ServeValues } from '../serve-flags.ts';

/** Where the log of what was done goes. */
export interface AuditLog extends Disposable {
  readonly write: (record: AuditRecord) => void;
  reopen(): void;
}

/** Opens what was asked for. Throws UsageError and InvalidInputError. */
export async function auditLog(
  flags: ServeValues,
  { cwd, stderr }: Pick<Context, 'cwd' | 'stderr'>,
): Promise<AuditLog | undefined> {
  const place = flags['audit-log'];
  if (place === undefined) {
    if (flags['audit-reads']) throw new UsageError('--audit-reads needs --audit-log');
    return undefined;
  }
  const { auditLine } = await import('../../../registry-server/audit.ts');
  if (place === '-') {
    return {
      write: (record) => stderr.line(auditLine(record)),
      reopen: () => undefined,
      [Symbol.dispose]: () => undefined,
    };
  }
  const { AuditFile } = await import('../../../registry-server/audit-file.ts');
  const file = openedLog(() => new AuditFile(resolve(cwd, place)), place);
  return {
    write: (record) => file.write(auditLine(record)),
    reopen: () => file.reopen(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

function openedLog<T>(open: () => T, typed: string): T {
  try {
    return open();
  } catch (error) {
    throw new InvalidInputError(`cannot write ${typed}`, { cause: error });
  }
}
