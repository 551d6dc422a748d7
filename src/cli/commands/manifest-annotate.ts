import { command } from '../command.ts';
import { flag } from '../flags.ts';

/** `manifest annotate`. */
export const manifestAnnotate = command({
  usage: '[OPTIONS] LIST IMAGE',
  operands: [2, 2],
  flags: {
    arch: flag.text('string', 'The architecture: amd64, arm64'),
    os: flag.text('string', 'The operating system'),
    'os-features': flag.stringSlice('strings', 'What the operating system must offer'),
    'os-version': flag.text('string', 'The version of the operating system'),
    variant: flag.text('string', 'The variant of the architecture: v7, v8'),
  },
  examples: [
    [
      'An image whose config does not say what it is for',
      'stave manifest annotate --os linux --arch arm --variant v7 registry.example.com/app:1 registry.example.com/app:1-armv7',
      'a registry',
    ],
  ],

  async run({ operands: [name = '', member = ''], flags, engine }) {
    const { arch, os, variant } = flags;
    const features = flags['os-features'];
    const version = flags['os-version'];
    const { lists } = await engine();
    await lists.annotate(name, member, {
      ...(arch !== undefined && { architecture: arch }),
      ...(os !== undefined && { os }),
      ...(version !== undefined && { 'os.version': version }),
      ...(features.length > 0 && { 'os.features': features }),
      ...(variant !== undefined && { variant }),
    });
  },
});
