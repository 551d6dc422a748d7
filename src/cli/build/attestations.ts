import type { ProvenanceOptions } from '../../engine/build-types.ts';
import { Attributes } from './attributes.ts';

/** The flags that are about attestations. */
export interface AttestationFlags {
  readonly attest: readonly string[];
  readonly provenance: string | undefined;
  readonly sbom: string | undefined;
}

/** What is to be attached. */
export interface Attestations {
  readonly provenance?: ProvenanceOptions;
  readonly sbom?: true;
}

/**
 * What `--attest`, `--provenance` and `--sbom` ask for; the last word on each counts. Throws
 * InvalidInputError.
 */
export function attestationsOf(flags: AttestationFlags): Attestations {
  const asked: { provenance?: ProvenanceOptions; sbom?: true } = {};
  const take = (type: string, flag: string, given: Attributes): void => {
    const isOff = given.flag('disabled') === true;
    if (type === 'sbom') {
      if (given.text('generator') !== undefined) {
        throw given.error(
          'lists of packages are made by stave, not by images: leave generator out',
        );
      }
      given.done(flag);
      if (isOff) delete asked.sbom;
      else asked.sbom = true;
      return;
    }
    const options = provenanceOf(given);
    given.done(flag);
    if (isOff) delete asked.provenance;
    else asked.provenance = options;
  };
  for (const text of flags.attest) {
    const given = new Attributes('--attest', text);
    const type = given.word('type', ['provenance', 'sbom']);
    if (type === undefined) throw given.error('its type is missing: provenance or sbom');
    take(type, `--attest type=${type}`, given);
  }
  for (const type of ['provenance', 'sbom'] as const) {
    const text = flags[type];
    if (text === undefined) continue;
    take(type, `--${type}`, new Attributes(`--${type}`, asAttributes(text), text));
  }
  return asked;
}

/** `true` and `false` are short for keys. */
function asAttributes(text: string): string {
  if (/^(?:1|t|true)$/i.test(text)) return 'disabled=false';
  return /^(?:0|f|false)$/i.test(text) ? 'disabled=true' : text;
}

function provenanceOf(given: Attributes): ProvenanceOptions {
  const mode = given.word('mode', ['min', 'max']) ?? 'min';
  const version = given.word('version', ['v0.2', 'v1']) ?? 'v1';
  const builderId = given.text('builder-id');
  const reproducible = given.flag('reproducible');
  return {
    mode,
    version,
    ...(builderId !== undefined && { builderId }),
    ...(reproducible !== undefined && { reproducible }),
  };
}
