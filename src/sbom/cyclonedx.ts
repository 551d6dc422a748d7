import { licenseOf } from './license.ts';
import type { Described, Package, PackageList } from './package.ts';
import { packageUrl } from './purl.ts';
import { uuidOf } from './spdx.ts';

/** The type of a statement whose predicate is such a document. */
export const CYCLONEDX_PREDICATE = 'https://cyclonedx.org/bom';

const IMAGE = 'image';

/**
 * A list of packages as a CycloneDX 1.6 document. The same list of the same image gives the same
 * document.
 *
 * @see https://cyclonedx.org/docs/1.6/json/
 */
export function cyclonedxDocument(list: PackageList, about: Described): object {
  const { packages, distro, notRead } = list;
  const taken = new Set<string>();
  const rest = {
    version: 1,
    metadata: {
      timestamp: about.created.toISOString().replace(/\.\d+Z$/, 'Z'),
      tools: {
        components: [{ type: 'application', name: 'stave', version: about.toolVersion }],
      },
      component: {
        'bom-ref': IMAGE,
        type: 'container',
        name: about.name,
        ...(about.digest !== undefined && { version: about.digest }),
        ...(about.purl !== undefined && { purl: about.purl }),
      },
      ...(notRead.length > 0 && {
        properties: notRead.map(({ path, reason }) => ({
          name: 'stave:notRead',
          value: `${path}: ${reason}`,
        })),
      }),
    },
    components: [
      ...(distro
        ? [
            {
              'bom-ref': 'operating-system',
              type: 'operating-system',
              name: distro.id,
              ...(distro.version !== undefined && { version: distro.version }),
              ...(distro.title !== undefined && { description: distro.title }),
            },
          ]
        : []),
      ...packages.map((one) => componentOf(one, list, taken)),
    ],
  };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(rest))}`,
    ...rest,
  };
}

function componentOf(found: Package, { distro }: PackageList, taken: Set<string>): object {
  const { name, version, maintainer, description, license, homepage, source, foundIn } = found;
  const purl = packageUrl(found, distro);
  // Spellings that differ in names are the same in URLs.
  const ref = taken.has(purl) ? `${purl}#${taken.size}` : purl;
  taken.add(ref);
  return {
    'bom-ref': ref,
    type: 'library',
    name,
    version,
    ...(maintainer !== undefined && { publisher: maintainer }),
    ...(description !== undefined && { description }),
    ...(license !== undefined && { licenses: licensesOf(license) }),
    purl,
    ...(homepage !== undefined && {
      externalReferences: [{ type: 'website', url: homepage }],
    }),
    properties: [
      { name: 'stave:foundIn', value: foundIn },
      ...(source
        ? [{ name: 'stave:source', value: `${source.name} ${source.version ?? version}` }]
        : []),
    ],
  };
}

/** An identifier, an expression, or a name that SPDX does not have. */
function licensesOf(text: string): object[] {
  const { expression, isId, references } = licenseOf(text);
  if (isId) return [{ license: { id: expression } }];
  return references.size > 0 ? [{ license: { name: text } }] : [{ expression }];
}
