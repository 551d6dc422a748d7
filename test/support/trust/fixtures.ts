import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDigest } from '../../../src/oci/digest.ts';

/**
 * What cosign 3 and notation 1.3 made of one small image, recorded: see their files beside this one.
 * The password of the key is `pw`.
 */
export const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, name));

/** What was signed; under the name `127.0.0.1:5571/team/app`, along with `env=prod`. */
export const SIGNED = parseDigest(
  'sha256:da91ea872302abfb293d0ba399c054da956b8ed64652a06c0bdfa3d326392f4f',
);

/** A time at which the certificates were valid. */
export const THEN = new Date('2026-11-21T20:00:00Z');

/** The signature in the manifest of signatures. */
export function recordedSignature(): string {
  const manifest = JSON.parse(fixture('cosign.manifest').toString()) as {
    layers: { annotations: Record<string, string> }[];
  };
  return manifest.layers[0]?.annotations['dev.cosignproject.cosign/signature'] ?? '';
}
