type Json = Readonly<Record<string, unknown>>;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const EXPRESSION = /^(?:[A-Za-z0-9.+-]+|[()]| )+$/;
const RELATIONSHIPS = new Set(['DESCRIBES', 'CONTAINS']);
const PURPOSES = new Set([undefined, 'CONTAINER', 'OPERATING-SYSTEM']);

/**
 * What an SPDX 2.3 document lacks of what its schema and text ask for, of the parts that we write.
 *
 * @see https://github.com/spdx/spdx-spec/blob/v2.3/schemas/spdx-schema.json
 */
export function checkSpdx(document: object): string[] {
  const wrong: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || wrong.push(what));
  const { creationInfo, documentNamespace, packages, relationships, ...top } = document as Json;
  expect(top['spdxVersion'] === 'SPDX-2.3', 'spdxVersion');
  expect(top['dataLicense'] === 'CC0-1.0', 'dataLicense');
  expect(top['SPDXID'] === 'SPDXRef-DOCUMENT', 'SPDXID');
  expect(typeof top['name'] === 'string', 'name');
  expect(URL.canParse(String(documentNamespace)), 'documentNamespace');
  expect(!String(documentNamespace).includes('#'), 'documentNamespace has a fragment');
  const { created, creators } = creationInfo as Json;
  expect(TIME.test(String(created)), 'created');
  expect(
    (creators as string[]).every((one) => one.startsWith('Tool: ')),
    'creators',
  );
  const ids = new Set(['SPDXRef-DOCUMENT']);
  const references = new Set(
    objects(top['hasExtractedLicensingInfos']).map((one) => one['licenseId']),
  );
  for (const one of objects(packages)) {
    const id = String(one['SPDXID']);
    expect(/^SPDXRef-[A-Za-z0-9.-]+$/.test(id) && !ids.has(id), `SPDXID ${id}`);
    ids.add(id);
    for (const key of ['name', 'downloadLocation', 'licenseDeclared', 'copyrightText']) {
      expect(typeof one[key] === 'string' && one[key] !== '', `${id}: ${key}`);
    }
    const declared = String(one['licenseDeclared']);
    expect(EXPRESSION.test(declared), `${id}: licenseDeclared ${declared}`);
    for (const name of declared.match(/LicenseRef-[A-Za-z0-9.-]+/g) ?? []) {
      expect(references.has(name), `${id}: ${name} is not explained`);
    }
    expect(one['filesAnalyzed'] === false, `${id}: filesAnalyzed`);
    expect(PURPOSES.has(one['primaryPackagePurpose'] as string | undefined), `${id}: purpose`);
    const { supplier = 'Organization: x' } = one;
    expect(
      /^(?:Person|Organization): \S/.test(JSON.stringify(supplier).slice(1)),
      `${id}: supplier`,
    );
    for (const link of objects(one['externalRefs'])) {
      expect(link['referenceCategory'] === 'PACKAGE-MANAGER', `${id}: referenceCategory`);
      expect(link['referenceType'] === 'purl', `${id}: referenceType`);
      expect(/^pkg:[a-z]+\/\S+$/.test(String(link['referenceLocator'])), `${id}: purl`);
    }
  }
  for (const one of objects(relationships)) {
    expect(RELATIONSHIPS.has(String(one['relationshipType'])), 'relationshipType');
    for (const key of ['spdxElementId', 'relatedSpdxElement']) {
      expect(ids.has(String(one[key])), `${key} ${String(one[key])}`);
    }
  }
  return wrong;
}

/**
 * The same of a CycloneDX 1.6 document.
 *
 * @see https://cyclonedx.org/schema/bom-1.6.schema.json
 */
export function checkCyclonedx(document: object): string[] {
  const wrong: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || wrong.push(what));
  const { metadata, components, ...top } = document as Json;
  expect(top['bomFormat'] === 'CycloneDX', 'bomFormat');
  expect(top['specVersion'] === '1.6', 'specVersion');
  expect(top['version'] === 1, 'version');
  const serial = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
  expect(serial.test(String(top['serialNumber'])), 'serialNumber');
  const { timestamp, component } = metadata as Json;
  expect(TIME.test(String(timestamp)), 'timestamp');
  const refs = new Set<unknown>();
  for (const one of [component as Json, ...objects(components)]) {
    const ref = one['bom-ref'];
    expect(typeof ref === 'string' && !refs.has(ref), `bom-ref ${String(ref)}`);
    refs.add(ref);
    expect(['container', 'library', 'operating-system'].includes(String(one['type'])), 'type');
    expect(typeof one['name'] === 'string' && one['name'] !== '', `${String(ref)}: name`);
    const licenses = objects(one['licenses']);
    expect(
      licenses.every(
        ({ license, expression }) => (license === undefined) !== (expression === undefined),
      ),
      `${String(ref)}: licenses`,
    );
    expect(
      licenses.length < 2 || licenses.every((each) => each['expression'] === undefined),
      `${String(ref)}: one expression alone`,
    );
    for (const { url } of objects(one['externalReferences'])) {
      expect(URL.canParse(String(url)), `${String(ref)}: url`);
    }
  }
  return wrong;
}

function objects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as Json[]) : [];
}
