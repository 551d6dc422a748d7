import { resolve } from 'node:path';
import { collect } from '../../base/bytes.ts';
import { InvalidInputError, UsageError } from '../../base/errors.ts';
import type { AttestRequest, Predicate } from '../../engine/attestation-types.ts';
import { anchorFile } from '../anchor-files.ts';
import { command, type Context } from '../command.ts';
import { explainOpen, fileBytes } from '../files.ts';
import { flag } from '../flags.ts';
import { passwordFor } from '../key-password.ts';
import { platformOption } from '../platform-flag.ts';
import { warningLines } from '../render/renderer.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

const LIMIT = 64 * 1024 * 1024;
/** Short names of types, as cosign has them. */
const TYPES: Readonly<Record<string, string>> = {
  cyclonedx: 'https://cyclonedx.org/bom',
  link: 'https://in-toto.io/Link/v1',
  openvex: 'https://openvex.dev/ns',
  slsaprovenance: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance02: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance1: 'https://slsa.dev/provenance/v1',
  spdxjson: 'https://spdx.dev/Document',
  vuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
};

const FLAGS = {
  ...REACH_FLAGS,
  key: flag.text('file', 'The private key that signs it: a file, or env://VARIABLE'),
  platform: flag.text('string', 'Of an index, the image that it is about'),
  predicate: flag.text('file', 'What is said: a file with a JSON object ("-": standard input)'),
  referrer: flag.toggle('With --key: refer to the image, in place of a tag'),
  replace: flag.toggle('With --key: in place of what has the same type'),
  sbom: flag.toggle('Say which packages the image has'),
  type: flag.text(
    'string',
    'What kind of statement: spdxjson, cyclonedx, slsaprovenance1 or a URI',
  ),
};

/** `attest`. */
export const attest = command({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  operands: [1, 1],
  flags: FLAGS,
  examples: [
    [
      'Which packages an image has',
      'stave attest --sbom registry.example.com/app:v1',
      'a registry',
    ],
    [
      'The same, signed, for cosign verify-attestation',
      'stave attest --sbom --key release.key registry.example.com/app:v1',
      'a registry',
    ],
    [
      'What another program found out',
      'stave attest --predicate scan.json --type vuln registry.example.com/app:v1',
      'a registry',
    ],
  ],

  async run(context) {
    const { operands, flags, engine, stdout, stderr, signal } = context;
    const predicate = await predicateOf(context);
    if (flags.key === undefined && (flags.referrer || flags.replace)) {
      throw new UsageError('--referrer and --replace are for signed statements: --key is missing');
    }
    if (flags.referrer && flags.replace) {
      throw new UsageError('--replace is for what is under a tag: leave --referrer out');
    }
    const { attestations, trust } = await engine(reach(context));
    const key = flags.key === undefined ? undefined : anchorFile(context, flags.key);
    const isLocked = key !== undefined && (await trust.isEncrypted(key));
    const request: AttestRequest = {
      name: operands[0] ?? '',
      predicate,
      referrer: flags.referrer,
      replace: flags.replace,
      ...(key && { key }),
      ...(isLocked && { password: await passwordFor(context, key) }),
      ...platformOption(flags.platform),
    };
    const done = await attestations.attest(request, { signal, progress: warningLines(stderr) });
    stdout.line(`Attested ${done.digest}: ${done.place}`);
  },
});

async function predicateOf({
  flags: { predicate: file, sbom, type },
  cwd,
  stdin,
}: Context<typeof FLAGS>): Promise<Predicate> {
  if (sbom === (file !== undefined)) {
    throw new UsageError(
      sbom ? '--sbom and --predicate exclude each other' : 'nothing to say: --predicate is missing',
      { hint: sbom ? undefined : '--sbom says which packages the image has.' },
    );
  }
  if (file === undefined) return { sbom: sbomFormat(type) };
  const bytes = file === '-' ? stdin.bytes() : open(cwd, file);
  const name = file === '-' ? 'standard input' : file;
  try {
    return { type: uriOf(type), bytes: await collect(bytes, LIMIT), name };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidInputError(`${name} is larger than ${LIMIT} bytes`);
  }
}

function open(cwd: string, file: string): ReturnType<typeof fileBytes> {
  try {
    return fileBytes(resolve(cwd, file), file);
  } catch (error) {
    throw explainOpen(error, file) ?? error;
  }
}

function sbomFormat(type: string | undefined): 'spdx-json' | 'cyclonedx-json' {
  if (type === undefined || type === 'spdxjson') return 'spdx-json';
  if (type === 'cyclonedx') return 'cyclonedx-json';
  throw new UsageError(`--sbom is of --type spdxjson or cyclonedx, not ${type}`);
}

function uriOf(type: string | undefined): string {
  if (type === undefined) {
    throw new UsageError('--type is missing', {
      hint: `It is one of ${Object.keys(TYPES).join(', ')}, or a URI.`,
    });
  }
  const known = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (known !== undefined) return known;
  if (/^[a-z][a-z0-9+.-]*:\S+$/i.test(type) && URL.canParse(type)) return type;
  throw new InvalidInputError(`unknown type of statement ${JSON.stringify(type)}`, {
    hint: `It is one of ${Object.keys(TYPES).join(', ')}, or a URI.`,
  });
}
