import { UsageError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { reachInsecure } from '../reach-flags.ts';

/** `manifest create`. */
export const manifestCreate = command({
  usage: '[OPTIONS] LIST IMAGE [IMAGE...]',
  operands: [2, Number.POSITIVE_INFINITY],
  flags: {
    amend: flag.toggle('Add to a list that is there', 'a'),
    insecure: flag.toggle('Do without a valid certificate, and without TLS'),
  },
  examples: [
    [
      'Two images, for two platforms, under one name',
      'stave manifest create registry.example.com/app:1 registry.example.com/app:1-amd64 registry.example.com/app:1-arm64',
      'a registry',
    ],
  ],

  async run({ operands: [name = '', ...members], flags, engine, stdout, signal }) {
    if (name.startsWith('-')) throw new UsageError(`${name} is not the name of a list`);
    const { lists } = await engine(reachInsecure(flags.insecure));
    const { amend } = flags;
    stdout.line(`Created manifest list ${await lists.create(name, members, { amend, signal })}`);
  },
});
