import { createHash } from 'node:crypto';
import { licenseOf } from './license.ts';
import type { Described, Package, PackageList } from './package.ts';
import { packageUrl } from './purl.ts';

/** The type of a statement whose predicate is such a document. */
export const SPDX_PREDICATE = 'https://spdx.dev/Document';

const NOTHING = 'NOASSERTION';
const DOCUMENT = 'SPDXRef-DOCUMENT';
const IMAGE = 'SPDXRef-Image';
const SYSTEM = 'SPDXRef-OperatingSystem';

/**
 * A list of packages as an SPDX 2.3 document: the image contains the packages. The same list of
 * the same image gives the same document.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/
 */
export function spdxDocument(list: PackageList, about: Described): object {
  const { packages, distro, notRead } = list;
  const references = new Map<string, string>();
  const ids = packages.map(
    (one, at) => `SPDXRef-Package-${one.kind}-${idText(one.name)}-${at + 1}`,
  );
  const contents = packages.map((one, at) => packageOf(one, ids[at] ?? '', list, references));
  const system = distro && {
    name: distro.id,
    SPDXID: SYSTEM,
    ...(distro.version !== undefined && { versionInfo: distro.version }),
    ...unsaid(),
    ...(distro.title !== undefined && { summary: distro.title }),
    primaryPackagePurpose: 'OPERATING-SYSTEM',
  };
  const image = {
    name: about.name,
    SPDXID: IMAGE,
    ...(about.digest !== undefined && { versionInfo: about.digest }),
    ...unsaid(),
    ...checksum(about.digest ?? ''),
    ...(about.purl !== undefined && { externalRefs: [reference(about.purl)] }),
    primaryPackagePurpose: 'CONTAINER',
  };
  const inside = [...(system ? [SYSTEM] : []), ...ids];
  const rest = {
    packages: [image, ...(system ? [system] : []), ...contents],
    ...(references.size > 0 && { hasExtractedLicensingInfos: extracted(references) }),
    relationships: [
      relationship(DOCUMENT, 'DESCRIBES', IMAGE),
      ...inside.map((id) => relationship(IMAGE, 'CONTAINS', id)),
    ],
  };
  const comment = notRead.map(({ path, reason }) => `${path}: ${reason}`).join('\n');
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: DOCUMENT,
    name: about.name,
    documentNamespace: `https://spdx.org/spdxdocs/stave-${uuidOf(JSON.stringify([about, rest]))}`,
    creationInfo: {
      created: about.created.toISOString().replace(/\.\d+Z$/, 'Z'),
      creators: [`Tool: stave-${about.toolVersion}`],
    },
    ...(comment !== '' && { comment: `Not read:\n${comment}` }),
    ...rest,
  };
}

/** A name for something, made of what it is: a UUID of version 8. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) % 4];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function packageOf(
  found: Package,
  id: string,
  { distro }: PackageList,
  references: Map<string, string>,
): object {
  const license = found.license === undefined ? undefined : licenseOf(found.license);
  for (const [name, text] of license?.references ?? []) {
    if (!references.has(name)) references.set(name, text);
  }
  const { maintainer, homepage, description, source } = found;
  return {
    name: found.name,
    SPDXID: id,
    versionInfo: found.version,
    ...(maintainer !== undefined && { supplier: supplierOf(maintainer) }),
    ...unsaid(),
    ...(homepage !== undefined && { homepage }),
    sourceInfo: `found in ${found.foundIn}${
      source ? `, made from ${source.name} ${source.version ?? found.version}` : ''
    }`,
    licenseDeclared: license?.expression ?? NOTHING,
    ...(description !== undefined && { description }),
    externalRefs: [reference(packageUrl(found, distro))],
  };
}

/** What has to be said, and is not known. */
function unsaid(): object {
  return {
    downloadLocation: NOTHING,
    filesAnalyzed: false,
    licenseConcluded: NOTHING,
    licenseDeclared: NOTHING,
    copyrightText: NOTHING,
  };
}

function supplierOf(text: string): string {
  const [, name = '', email] = /^(.*?)\s*<([^<>]*)>$/.exec(text) ?? [];
  if (email !== undefined) return `Person: ${name || email} (${email})`;
  return `Organization: ${text}`;
}

function checksum(digest: string): object {
  const [algorithm = '', value] = digest.split(':');
  return value === undefined
    ? {}
    : { checksums: [{ algorithm: algorithm.toUpperCase(), checksumValue: value }] };
}

function reference(purl: string): object {
  return {
    referenceCategory: 'PACKAGE-MANAGER',
    referenceType: 'purl',
    referenceLocator: purl,
  };
}

function relationship(from: string, type: string, to: string): object {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}

function extracted(references: ReadonlyMap<string, string>): object[] {
  return [...references]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([licenseId, name]) => ({ licenseId, extractedText: name, name }));
}

/** Letters, digits, dots and dashes. */
function idText(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9.-]+/g, '-');
}
