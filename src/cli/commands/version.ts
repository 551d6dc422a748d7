import { hostPlatform } from '../../oci/platform.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';

/** `version`: opens no store, so that it is as quick as Node itself. */
export const version = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: { format: flag.text('string', "Form of the output: 'json' or a Go template", 'f') },
  examples: [['Only the number', "stave version --format '{{.Client.Version}}'"]],

  async run({ flags, stdout, version: number }) {
    const { os, architecture } = hostPlatform(process.arch);
    if (flags.format !== undefined) {
      const { formatObject } = await import('../object-template.ts');
      const { struct } = await import('../template/values.ts');
      const part = struct('types.Version', {
        Version: number(),
        NodeVersion: process.version,
        Os: os,
        Arch: architecture,
      });
      // Client and server are one program here; scripts ask either.
      stdout.line(
        formatObject(struct('types.Versions', { Client: part, Server: part }), flags.format),
      );
      return;
    }
    stdout.write(
      `stave:\n Version:    ${number()}\n Node:       ${process.version}\n OS/Arch:    ${os}/${architecture}\n`,
    );
  },
});
