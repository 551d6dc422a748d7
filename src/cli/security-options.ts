import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { CreateRequest } from '../engine/create-request.ts';
import { explainOpen } from './files.ts';

type Security = Pick<
  CreateRequest,
  'noNewPrivileges' | 'unfiltered' | 'seccompProfile' | 'unmasked'
>;

/** `--security-opt` as typed; profiles are read. Throws UsageError, InvalidInputError. */
export function securityOf(options: readonly string[], cwd: string): Security {
  return options.reduce<Security>((before, option) => ({ ...before, ...one(option, cwd) }), {
    noNewPrivileges: false,
  });
}

function one(option: string, cwd: string): Security {
  const [, key = '', value] = /^([^:=]*)(?:[:=](.*))?$/s.exec(option) ?? [];
  switch (key) {
    case 'no-new-privileges':
      if (value !== undefined && value !== 'true' && value !== 'false') break;
      return { noNewPrivileges: value !== 'false' };
    case 'seccomp':
      if (value === undefined || value === '') break;
      if (value === 'unconfined') return { unfiltered: true };
      return value === 'builtin' ? {} : { seccompProfile: profileIn(value, cwd) };
    case 'systempaths':
      if (value !== 'unconfined') break;
      return { unmasked: true };
    case 'apparmor':
      // What is not there need not be turned off.
      if (value === 'unconfined' || value === '') return {};
      throw new UsageError(
        `security option ${JSON.stringify(option)} is not available in this version`,
        {
          hint: 'stave loads no AppArmor profiles: seccomp, capabilities and masked paths confine containers.',
        },
      );
    case 'label':
      if (value === 'disable') return {};
      throw new UsageError(
        `security option ${JSON.stringify(option)} is not available in this version`,
        {
          hint: 'stave gives containers no SELinux labels; label=disable says so.',
        },
      );
  }
  throw new UsageError(`invalid --security-opt: ${JSON.stringify(option)}`, {
    hint: 'There are no-new-privileges, seccomp=FILE, seccomp=unconfined, systempaths=unconfined, apparmor=unconfined and label=disable.',
  });
}

function profileIn(file: string, cwd: string): string {
  const path = resolve(cwd, file);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const known = explainOpen(error, file);
    if (!known) throw error;
    throw new UsageError(`opening seccomp profile (${file}) failed: ${known.message}`, {
      cause: error,
    });
  }
}
