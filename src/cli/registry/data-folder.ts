import { resolve } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import type { Administrator } from '../../registry-server/maintenance/orders.ts';
import type { TagRules } from '../../registry-server/maintenance/rules.ts';
import type { Context } from '../command.ts';
import { flag } from '../flags.ts';

/** The flag that names the folder of a registry, and the one for programs. */
export const DATA_FLAG = { data: flag.text('directory', 'The folder of the registry') };

type DataContext = Pick<Context<typeof DATA_FLAG>, 'flags' | 'cwd' | 'clock' | 'signal'>;

/** The folder that was named. Throws UsageError. */
export function dataFolder({ flags, cwd }: Pick<DataContext, 'flags' | 'cwd'>): string {
  const { data = '' } = flags;
  if (data !== '') return resolve(cwd, data);
  throw new UsageError('--data is required', {
    hint: "Name the folder that holds the registry: '--data DIR'.",
  });
}

/** What gives orders to the registry in the named folder, whether it runs or not. */
export async function administrator(
  context: DataContext,
  rules?: TagRules,
): Promise<Administrator> {
  const { clock, signal } = context;
  const { openAdministrator } = await import('../../registry-server/maintenance/admin.ts');
  return openAdministrator(dataFolder(context), { clock, rules, signal });
}
