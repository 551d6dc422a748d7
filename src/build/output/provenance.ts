import { rfc3339Nano } from '../../base/clock.ts';
import { randomBytes } from 'node:crypto';
import type { Attestation } from '../../image/attestation.ts';
import { digestOf, encoded, type Digest } from '../../oci/digest.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { isPredefined } from '../frontend/scope.ts';
import type { Vertex } from '../graph.ts';
import { verticesOf } from '../vertices.ts';
import type { ProvenanceOptions } from './spec.ts';
import { inToto, purl, type Subject } from './subject.ts';

/** What a build knows of itself when it is done. */
export interface BuildFacts {
  readonly input: {
    readonly args: ReadonlyMap<string, string>;
    readonly labels: Readonly<Record<string, string>>;
    readonly target: string | undefined;
    readonly buildPlatform: Platform;
    readonly contexts: ReadonlyMap<string, unknown>;
    readonly context: unknown;
    readonly sourceDateEpoch: number | undefined;
  };
  readonly dockerfile: { readonly name: string; readonly text: Buffer };
  /** One for each platform, in their order. */
  readonly targets: readonly (Vertex | undefined)[];
  readonly began: Date;
  readonly ended: Date;
}

const TYPES = {
  'v0.2': 'https://slsa.dev/provenance/v0.2',
  v1: 'https://slsa.dev/provenance/v1',
} as const;
const BUILD_TYPES = {
  'v0.2': 'https://mobyproject.org/buildkit@v1',
  v1: 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md',
} as const;
/** Names whose values are left out, whatever they were meant for. */
const TELLING =
  /(?:^|[_-])(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:[_-]|$)/i;
const FRONTEND = 'dockerfile.v0';

/**
 * What can be said of how an image was made, in the words of SLSA. `min` leaves out the values
 * of arguments and labels, the steps and the Dockerfile. Values of arguments that are called
 * like secrets, proxies and passwords in URLs are never in it. With a source date, the same
 * build says the same.
 *
 * @see https://slsa.dev/spec/v1.0/provenance
 */
export function provenance(
  facts: BuildFacts,
  at: number,
  platform: Platform,
  options: ProvenanceOptions,
): object {
  return options.version === 'v1'
    ? provenance1(facts, at, platform, options)
    : provenance02(facts, at, platform, options);
}

/** The statement that something was made so, as attestation manifests hold it. */
export function statementOf(
  predicate: object,
  subject: readonly Subject[],
  { version }: ProvenanceOptions,
): Attestation {
  return inToto(TYPES[version], subject, predicate);
}

function provenance02(
  facts: BuildFacts,
  at: number,
  platform: Platform,
  options: ProvenanceOptions,
): object {
  const { startedOn, finishedOn, id } = run(facts, platform, options);
  return {
    builder: { id: options.builderId ?? '' },
    buildType: BUILD_TYPES['v0.2'],
    materials: materials(facts.targets[at]),
    invocation: {
      configSource: { entryPoint: facts.dockerfile.name },
      parameters: request(facts, options),
      environment: { platform: formatPlatform(facts.input.buildPlatform) },
    },
    ...(options.mode === 'max' && { buildConfig: steps(facts.targets[at]) }),
    metadata: {
      buildInvocationID: id,
      buildStartedOn: startedOn,
      buildFinishedOn: finishedOn,
      completeness: { parameters: options.mode === 'max', environment: true, materials: false },
      reproducible: options.reproducible === true,
      ...(options.mode === 'max' && {
        'https://mobyproject.org/buildkit@v1#metadata': { source: source(facts) },
      }),
    },
  };
}

function provenance1(
  facts: BuildFacts,
  at: number,
  platform: Platform,
  options: ProvenanceOptions,
): object {
  const { startedOn, finishedOn, id } = run(facts, platform, options);
  return {
    buildDefinition: {
      buildType: BUILD_TYPES.v1,
      externalParameters: {
        configSource: { path: facts.dockerfile.name },
        request: request(facts, options),
      },
      internalParameters: {
        builderPlatform: formatPlatform(facts.input.buildPlatform),
        ...(options.mode === 'max' && { buildConfig: steps(facts.targets[at]) }),
      },
      resolvedDependencies: materials(facts.targets[at]),
    },
    runDetails: {
      builder: { id: options.builderId ?? '' },
      metadata: {
        invocationId: id,
        startedOn,
        finishedOn,
        buildkit_completeness: { request: options.mode === 'max', resolvedDependencies: false },
        buildkit_reproducible: options.reproducible === true,
        ...(options.mode === 'max' && { buildkit_metadata: { source: source(facts) } }),
      },
    },
  };
}

/** When and as which run: with a source date, what the same build would say again. */
function run(
  facts: BuildFacts,
  platform: Platform,
  options: ProvenanceOptions,
): { startedOn: string; finishedOn: string; id: string } {
  const { sourceDateEpoch: epoch } = facts.input;
  if (epoch === undefined) {
    const [startedOn, finishedOn] = [facts.began, facts.ended].map(rfc3339Nano);
    return {
      startedOn: startedOn ?? '',
      finishedOn: finishedOn ?? '',
      id: number(randomBytes(16)),
    };
  }
  const time = rfc3339Nano(new Date(epoch * 1000));
  const made = JSON.stringify([
    request(facts, { ...options, mode: 'max' }),
    facts.dockerfile.text.toString('base64'),
    formatPlatform(platform),
  ]);
  const id = number(Buffer.from(encoded(digestOf(made)).slice(0, 32), 'hex'));
  return { startedOn: time, finishedOn: time, id };
}

/** 25 digits and letters. */
function number(bytes: Buffer): string {
  return BigInt(`0x${bytes.toString('hex')}`)
    .toString(36)
    .padStart(25, '0')
    .slice(0, 25);
}

function request({ input }: BuildFacts, { mode }: ProvenanceOptions): object {
  const args: Record<string, string> = {};
  if (input.target !== undefined) args['target'] = input.target;
  for (const name of [...input.contexts.keys()].sort()) args[`context:${name}`] = 'input';
  if (mode === 'max') {
    for (const [name, value] of sorted(input.args)) {
      if (!isProxy(name)) args[`build-arg:${name}`] = TELLING.test(name) ? '' : told(value);
    }
    for (const [name, value] of sorted(Object.entries(input.labels))) {
      args[`label:${name}`] = TELLING.test(name) ? '' : told(value);
    }
  }
  return {
    frontend: FRONTEND,
    args,
    locals: [...(input.context === undefined ? [] : [{ name: 'context' }]), { name: 'dockerfile' }],
  };
}

function sorted(pairs: Iterable<readonly [string, string]>): (readonly [string, string])[] {
  return [...pairs].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

function isProxy(name: string): boolean {
  return isPredefined(name) && /proxy$/i.test(name);
}

/** Without user and password of URLs in it. */
function told(value: string): string {
  return value.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi, '$1');
}

/** Base images, and what was fetched: by name and digest. */
function materials(target: Vertex | undefined): object[] {
  const found = new Map<string, object>();
  for (const { op } of verticesOf([target])) {
    if (op.kind !== 'image') continue;
    const uri = purl(op.reference, op.platform);
    found.set(uri, { uri, digest: { sha256: encoded(op.manifest as Digest) } });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** What was done, each step after those that it needs. */
function steps(target: Vertex | undefined): object {
  const all = [...verticesOf([target])].reverse();
  const ids = new Map(all.map((vertex, at) => [vertex, `step${at}`]));
  return {
    steps: all.map((vertex) => ({
      id: ids.get(vertex),
      kind: vertex.op.kind,
      name: told(vertex.name),
      inputs: [vertex.base, ...vertex.inputs].flatMap((one) => (one && ids.get(one)) ?? []),
    })),
  };
}

function source({ dockerfile }: BuildFacts): object {
  return {
    infos: [
      {
        filename: dockerfile.name,
        language: 'Dockerfile',
        // Byte by byte: what is no text stays as it is.
        data: Buffer.from(told(dockerfile.text.toString('latin1')), 'latin1').toString('base64'),
      },
    ],
  };
}
