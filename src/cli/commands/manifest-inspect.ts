import { InvalidInputError, StaveError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { command, type Context } from '../command.ts';
import { ObjectNotFoundError } from '../errors.ts';
import { flag } from '../flags.ts';
import { reachInsecure } from '../reach-flags.ts';

const FLAGS = {
  insecure: flag.toggle('Do without a valid certificate, and without TLS'),
  verbose: flag.toggle('Show the descriptor too, and the manifests of a list', 'v'),
};

/** `manifest inspect`. */
export const manifestInspect = command({
  usage: '[OPTIONS] [LIST] NAME[:TAG|@DIGEST]',
  operands: [1, 2],
  flags: FLAGS,
  examples: [
    [
      'What a tag points at, as the registry has it',
      'stave manifest inspect alpine:3',
      'a registry',
    ],
    [
      'With the manifest for each platform',
      'stave manifest inspect --verbose alpine:3',
      'a registry',
    ],
  ],

  async run(context) {
    const { operands, flags, engine, stdout, signal } = context;
    const [first = '', second] = operands;
    const { lists } = await engine(reachInsecure(flags.insecure));
    const list = await lists.get(first);
    if (second !== undefined) {
      if (!list) throw new ObjectNotFoundError('manifest list', first);
      const { registries } = await engine();
      const { digest } = await registries.manifest(second, { signal });
      if (!list.members.some((member) => member.digest === digest)) {
        throw new InvalidInputError(`${second} is not in the list ${first}`);
      }
      return show(context, second);
    }
    if (!list) return show(context, first);
    if (!flags.verbose) {
      stdout.line(tabbed(JSON.parse(Buffer.from(list.bytes).toString())));
      return;
    }
    const all = [];
    for (const { from } of list.members) all.push(await detailed(context, from));
    stdout.line(tabbed(all));
  },
});

async function show(context: Context<typeof FLAGS>, name: string): Promise<void> {
  const { engine, flags, signal, stdout } = context;
  const { registries } = await engine();
  try {
    if (flags.verbose) {
      const { entries, fullName } = await registries.manifest(name, { signal });
      const repository = fullName.replace(/(?::[^/:@]+)?(?:@.*)?$/, '');
      const names = entries?.map(({ digest }) => `${repository}@${digest}`);
      const all = [];
      for (const one of names ?? [name]) all.push(await detailed(context, one));
      stdout.line(tabbed(names ? all : all[0]));
      return;
    }
    const { bytes } = await registries.manifest(name, { signal });
    stdout.line(tabbed(JSON.parse(Buffer.from(bytes).toString())));
  } catch (error) {
    if (!(error instanceof StaveError) || error.code !== 'REMOTE_NOT_FOUND') throw error;
    throw new ObjectNotFoundError('manifest', name);
  }
}

/** One manifest as Docker's `--verbose` shows it: under the key that names its kind. */
async function detailed(
  { engine, signal }: Context<typeof FLAGS>,
  name: string,
): Promise<Readonly<Record<string, unknown>>> {
  const { registries } = await engine();
  const { fullName, mediaType, digest, bytes } = await registries.manifest(name, { signal });
  const descriptor: Omit<Descriptor, 'platform'> = { mediaType, digest, size: bytes.length };
  const platform = await registries.platform(name, { signal });
  const kind = mediaType.includes('docker') ? 'SchemaV2Manifest' : 'OCIManifest';
  return {
    Ref: fullName,
    Descriptor: { ...descriptor, ...(platform && { platform }) },
    Raw: Buffer.from(bytes).toString('base64'),
    [kind]: JSON.parse(Buffer.from(bytes).toString()) as unknown,
  };
}

function tabbed(value: unknown): string {
  return JSON.stringify(value, undefined, '\t');
}
