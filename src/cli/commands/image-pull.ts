import { UsageError } from '../../base/errors.ts';
import { parseReference } from '../../oci/reference.ts';
import { anchorFile } from '../anchor-files.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { platformOption } from '../platform-flag.ts';
import { PULL_WORDS } from '../render/transfer-lines.ts';
import { openTransfers } from '../render/transfers.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

/** `image pull`, `pull`. */
export const imagePull = command({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  operands: [1, 1],
  slip: ([name, tag]) => (name === undefined ? undefined : `${name}:${tag}`),
  flags: {
    ...REACH_FLAGS,
    'all-platforms': flag.toggle('The images of all platforms, as one index'),
    'all-tags': flag.toggle('Every tag of the repository', 'a'),
    'disable-content-trust': flag.toggle('Ignored; there for old scripts', undefined, true),
    platform: flag.text('string', 'The platform to choose where there are several'),
    quiet: flag.toggle('Print the name and nothing else', 'q'),
    'require-signature': flag.list(
      'file',
      'A public key or certificates that it must be signed with',
    ),
  },
  examples: [
    ['From Docker Hub', 'stave pull alpine:3', 'a registry'],
    ['From a registry of your own', 'stave pull localhost:5000/team/app:v1', 'a registry'],
    ['For another machine', 'stave pull --platform linux/arm64 alpine', 'a registry'],
  ],

  async run(context) {
    const {
      operands: [name = ''],
      flags,
      engine,
      stdout,
      signal,
    } = context;
    const { quiet } = flags;
    const reference = parseReference(name);
    const allPlatforms = flags['all-platforms'];
    if (allPlatforms && flags.platform !== undefined) {
      throw new UsageError('--all-platforms and --platform exclude each other');
    }
    const platform = allPlatforms ? {} : platformOption(flags.platform, context.env);
    const signers = flags['require-signature'].map((typed) => anchorFile(context, typed));
    const isBare = reference.tag === undefined && reference.digest === undefined;
    if (!quiet && !flags['all-tags'] && isBare) stdout.line('Using default tag: latest');
    const { images } = await engine(reach(context));
    const pulled = await (async () => {
      using display = await openTransfers(context, quiet, PULL_WORDS);
      return await images.pull(
        {
          name,
          all: flags['all-tags'],
          allPlatforms,
          ...platform,
          ...(signers.length > 0 && { requireSignature: signers }),
        },
        { signal, progress: display.sink },
      );
    })();
    if (!quiet) {
      const what = pulled.isNew ? 'Downloaded newer image' : 'Image is up to date';
      stdout.line(`Status: ${what} for ${pulled.name}`);
      if (pulled.warning !== undefined) stdout.line(`WARNING: ${pulled.warning}`);
    }
    stdout.line(pulled.fullName);
  },
});
