import { formatPlatform } from '../../oci/platform.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

/** `buildx imagetools inspect`. */
export const imagetoolsInspect = command({
  usage: '[OPTIONS] NAME',
  operands: [1, 1],
  flags: {
    ...REACH_FLAGS,
    builder: flag.refused('there is one builder, and nothing to choose'),
    format: flag.text(
      'string',
      'A Go template over .Name, .Manifest, .Image, .Provenance and .SBOM',
    ),
    raw: flag.toggle('Print the document as the registry has it'),
  },
  examples: [
    ['Which platforms a tag is for', 'stave buildx imagetools inspect alpine:3', 'a registry'],
    [
      'How an image was built',
      "stave buildx imagetools inspect --format '{{json .Provenance}}' alpine:3",
      'a registry',
    ],
    ['The document itself', 'stave buildx imagetools inspect --raw alpine:3', 'a registry'],
  ],

  async run(context) {
    const {
      operands: [name = ''],
      flags,
      engine,
      stdout,
      signal,
    } = context;
    const { registries } = await engine(reach(context));
    if (flags.format !== undefined && !flags.raw) {
      const claims = /\.(?:Provenance|SBOM)|json \.\s*\}\}/.test(flags.format);
      const details = await registries.details(name, { signal, claims });
      const { formatObject } = await import('../object-template.ts');
      const { remoteValue } = await import('../remote-value.ts');
      stdout.line(formatObject(remoteValue(details), flags.format));
      return;
    }
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
