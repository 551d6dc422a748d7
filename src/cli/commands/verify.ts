import { Exit, StaveError, UsageError } from '../../base/errors.ts';
import type { Verified } from '../../engine/trust-types.ts';
import { anchorFile } from '../anchor-files.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { labelsOf } from '../key-values.ts';
import { warningLines } from '../render/renderer.ts';
import { visible } from '../visible.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

/** What cosign exits with when there is no signature, and when there is none that counts. */
const UNSIGNED = 10;
const NO_MATCH = 12;

/** `verify`. */
export const verify = command({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]...',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {
    ...REACH_FLAGS,
    annotations: flag.list('list', 'Must have been signed along: "key=value"', 'a'),
    certificate: flag.list('file', 'Certificates of authorities, for notation'),
    format: flag.choice(['text', 'json'], 'How to say what was found: text or json'),
    'insecure-ignore-tlog': flag.toggle('Ignored; there for old scripts'),
    key: flag.list('file', 'A public key: a file, or env://VARIABLE'),
    'signed-as': flag.text('name', 'The name it was signed under, where it is another one'),
  },
  examples: [
    ['By a key', 'stave verify --key release.pub registry.example.com/app:v1', 'a registry'],
    [
      'Only what is meant for production',
      'stave verify --key release.pub -a stage=prod registry.example.com/app:v1',
      'a registry',
    ],
    [
      'A signature of notation',
      'stave verify --certificate ca.crt registry.example.com/app:v1',
      'a registry',
    ],
  ],

  async run(context) {
    const { operands, flags, engine, stdout, stderr, signal } = context;
    const anchors = [...flags.key, ...flags.certificate].map((typed) => anchorFile(context, typed));
    if (anchors.length === 0) {
      throw new UsageError('--key or --certificate is missing', {
        hint: 'Signatures are held against a public key, or against certificates.',
      });
    }
    const annotations = labelsOf(flags.annotations);
    const { trust } = await engine(reach(context));
    const call = { signal, progress: warningLines(stderr) };
    const all: Verified[] = [];
    let status: number = Exit.ok;
    for (const name of operands) {
      try {
        const identity = flags['signed-as'];
        all.push(await trust.verify({ name, anchors, annotations, identity }, call));
      } catch (error) {
        if (signal.aborted || !(error instanceof StaveError)) throw error;
        context.complain(error);
        status = Math.max(status, exitCodeOf(error));
      }
    }
    if (flags.format === 'json') stdout.line(JSON.stringify(all, undefined, 2));
    else for (const one of all) for (const line of linesOf(one)) stdout.line(line);
    return status;
  },
});

function exitCodeOf(error: StaveError): number {
  if (error.code !== 'UNTRUSTED') return error.exitCode;
  return 'isSigned' in error && error.isSigned === true ? NO_MATCH : UNSIGNED;
}

function* linesOf({ name, signatures }: Verified): Generator<string, void> {
  yield `Verified ${name}`;
  for (const { format, signer, identity, annotations, signedAt } of signatures) {
    const notes = Object.entries(annotations).map(([key, value]) => `${key}=${value}`);
    const parts = [
      `by ${signer}`,
      `(${format})`,
      ...(identity === undefined ? [] : [`for ${identity}`]),
      ...(signedAt ? [`at ${signedAt.toISOString()}`] : []),
      ...notes,
    ];
    yield `  ${visible(parts.join(' '))}`;
  }
}
