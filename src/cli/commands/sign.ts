import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { once } from '../../base/bytes.ts';
import { Exit, InvalidInputError, UsageError } from '../../base/errors.ts';
import { anchorFile } from '../anchor-files.ts';
import { command, type Context } from '../command.ts';
import { explainOpen } from '../files.ts';
import { flag } from '../flags.ts';
import { passwordFor } from '../key-password.ts';
import { labelsOf } from '../key-values.ts';
import { writeNewFile } from '../new-file.ts';
import { warningLines } from '../render/renderer.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

const FLAGS = {
  ...REACH_FLAGS,
  annotations: flag.list('list', 'Sign this along: "key=value"', 'a'),
  'generate-key': flag.text('prefix', 'Write a new pair of keys, PREFIX.key and PREFIX.pub'),
  key: flag.text('file', 'The private key: a file, or env://VARIABLE'),
  recursive: flag.toggle('Of an index, sign each of its images too', 'r'),
  referrer: flag.toggle('Attach a bundle that refers to the image, in place of a tag'),
  'sign-container-identity': flag.text('name', 'The name to sign; by default the repository'),
  'tlog-upload': flag.toggle('Refused when it is on: nothing but the registry is asked'),
  yes: flag.toggle('Ignored; there for old scripts', 'y'),
};

/** `sign`. */
export const sign = command({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]...',
  operands: [0, Number.POSITIVE_INFINITY],
  flags: FLAGS,
  examples: [
    ['A pair of keys, once', 'COSIGN_PASSWORD=secret stave sign --generate-key release'],
    [
      'What was just pushed',
      'stave sign --key release.key registry.example.com/app:v1',
      'a registry',
    ],
    [
      'With something to look for later',
      'stave sign --key release.key -a stage=prod registry.example.com/app:v1',
      'a registry',
    ],
  ],

  async run(context) {
    const { operands, flags, engine, stdout, stderr, signal } = context;
    checkFlags(context);
    if (flags['generate-key'] !== undefined) return generate(context, flags['generate-key']);
    const key = anchorFile(context, flags.key ?? '');
    const { trust } = await engine(reach(context));
    const password = (await trust.isEncrypted(key)) ? await passwordFor(context, key) : undefined;
    const call = { signal, progress: warningLines(stderr) };
    for (const name of operands) {
      const signed = await trust.sign(
        {
          name,
          key,
          password,
          annotations: labelsOf(flags.annotations),
          identity: flags['sign-container-identity'],
          referrer: flags.referrer,
          recursive: flags.recursive,
        },
        call,
      );
      for (const { digest, place, isNew } of signed) {
        stdout.line(`${isNew ? 'Signed' : 'Already signed'} ${digest}: ${place}`);
      }
    }
    return Exit.ok;
  },
});

function checkFlags({ operands, flags }: Context<typeof FLAGS>): void {
  if (flags['tlog-upload']) {
    throw new UsageError('signing asks nothing but the registry: there is no transparency log', {
      hint: 'Leave --tlog-upload out.',
    });
  }
  const makesKeys = flags['generate-key'] !== undefined;
  if (makesKeys && (operands.length > 0 || flags.key !== undefined)) {
    throw new UsageError('--generate-key writes keys and signs nothing');
  }
  if (makesKeys) return;
  if (flags.key === undefined) {
    throw new UsageError('--key is missing', {
      hint: "'stave sign --generate-key PREFIX' makes a pair of keys.",
    });
  }
  if (operands.length === 0) throw new UsageError('the name of what is to be signed is missing');
}

async function generate(context: Context<typeof FLAGS>, prefix: string): Promise<number> {
  const { cwd, engine, stdout } = context;
  const [privateFile, publicFile] = [`${prefix}.key`, `${prefix}.pub`];
  for (const file of [privateFile, publicFile]) {
    if (existsSync(resolve(cwd, file))) {
      throw new InvalidInputError(`${file} is there already`, {
        hint: 'A key that is gone cannot be made again: remove it yourself, or give another prefix.',
      });
    }
  }
  const password = await passwordFor(context, undefined);
  const { trust } = await engine();
  const { privateKey, publicKey } = await trust.generateKeys(password);
  try {
    await writeNewFile(cwd, privateFile, once(Buffer.from(privateKey)), 'write the key');
    await writeNewFile(cwd, publicFile, once(Buffer.from(publicKey)), 'write the key');
  } catch (error) {
    throw explainOpen(error, prefix) ?? error;
  }
  stdout.line(`Private key: ${privateFile}`);
  stdout.line(`Public key: ${publicFile}`);
  return Exit.ok;
}
