/** What is done after a boot. */
export interface BootCommand {
  readonly argv: readonly string[];
  /** Variables that it needs. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The unit of systemd that starts containers after a boot. It ends at once; what it started is
 * left alone when it is stopped.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
 */
export function unitText({ argv, environment }: BootCommand, forUser: boolean): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `Environment=${quoted(`${name}=${value}`)}\n`,
  );
  return `[Unit]
Description=Containers of stave that are to run after a boot
${forUser ? '' : 'Wants=network-online.target\nAfter=network-online.target\n'}
[Service]
Type=oneshot
RemainAfterExit=yes
KillMode=process
${variables.join('')}ExecStart=${argv.map((word) => quoted(word.replaceAll('$', '$$$$'))).join(' ')}

[Install]
WantedBy=${forUser ? 'default.target' : 'multi-user.target'}
`;
}

/** The line for a crontab that does the same. */
export function crontabLine({ argv, environment }: BootCommand): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `${name}=${shellQuoted(value)}`,
  );
  const words = [...variables, ...argv.map(shellQuoted)];
  // There, a percent sign ends the line.
  return `@reboot ${words.join(' ').replaceAll('%', '\\%')}`;
}

function quoted(word: string): string {
  return `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
}

function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
