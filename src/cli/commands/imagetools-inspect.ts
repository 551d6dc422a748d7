import { formatPlatform } from '../../oci/platform.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';

/** `buildx imagetools inspect`. */
export const imagetoolsInspect = command({
  usage: '[OPTIONS] NAME',
  operands: [1, 1],
  flags: {
    format: flag.refused('a format is not available in this version; --raw prints the document'),
    raw: flag.toggle('Print the document as the registry has it'),
  },
  examples: [
    ['Which platforms a tag is for', 'stave buildx imagetools inspect alpine:3', 'a registry'],
    ['The document itself', 'stave buildx imagetools inspect --raw alpine:3', 'a registry'],
  ],

  async run({ operands: [name = ''], flags, engine, stdout, signal }) {
    const { registries } = await engine();
    const { fullName, mediaType, digest, bytes, entries } = await registries.manifest(name, {
      signal,
    });
    if (flags.raw) {
      stdout.raw(bytes);
      return;
    }
    stdout.line(`Name:      ${fullName}`);
    stdout.line(`MediaType: ${mediaType}`);
    stdout.line(`Digest:    ${digest}`);
    if (!entries) return;
    const repository = fullName.replace(/(?::[^/:@]+)?(?:@.*)?$/, '');
    stdout.line('           ');
    stdout.line('Manifests: ');
    for (const [at, entry] of entries.entries()) {
      if (at > 0) stdout.line('             ');
      stdout.line(`  Name:        ${repository}@${entry.digest}`);
      stdout.line(`  MediaType:   ${entry.mediaType}`);
      if (entry.platform) stdout.line(`  Platform:    ${formatPlatform(entry.platform)}`);
      const annotations = Object.entries(entry.annotations ?? {});
      if (annotations.length > 0) stdout.line('  Annotations: ');
      for (const [key, value] of annotations) stdout.line(`    ${key}: ${value}`);
    }
  },
});
