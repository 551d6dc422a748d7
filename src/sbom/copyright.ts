import type { PackageReader } from './reader.ts';
import { stanzasOf } from './stanzas.ts';

const LIMIT = 4 * 1024 * 1024;
const FORMAT = /\/copyright-format\/1\.0\/?$/;
/** Alternatives and parts of one licence field. */
const WORDS_LIMIT = 64;

/**
 * The licences of a Debian package by the short names of its machine-readable copyright file,
 * all of them together; undefined where the file is another kind of text.
 *
 * @see https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
 */
export function copyrightLicense(reader: PackageReader, name: string): string | undefined {
  if (!/^[a-z0-9][a-z0-9+.-]*$/i.test(name)) return undefined;
  const path = `/usr/share/doc/${name}/copyright`;
  const text = reader.text(path, LIMIT);
  if (text === undefined || !/^Format:/im.test(text.slice(0, 2048))) return undefined;
  const found = new Set<string>();
  let isHeader = true;
  for (const fields of stanzasOf(text)) {
    if (isHeader && !FORMAT.test((fields.get('format') ?? '').replace(/\s.*/s, '')))
      return undefined;
    const isAbout = isHeader || fields.has('files');
    isHeader = false;
    // The others hold the texts of licences.
    const [short = ''] = (isAbout ? fields.get('license') : undefined)?.split('\n', 1) ?? [];
    const expression = expressionOf(short);
    // Parts that all apply apply one by one.
    for (const part of / OR /.test(expression) ? [`(${expression})`] : expression.split(' AND ')) {
      if (part !== '') found.add(part);
    }
  }
  const parts = [...found].sort();
  const [only = ''] = parts;
  if (parts.length > 1) return parts.join(' AND ');
  return only.startsWith('(') ? only.slice(1, -1) : only || undefined;
}

/** `GPL-2+ and (Artistic or Expat)` with SPDX's names and operators; empty where it says nothing. */
function expressionOf(short: string): string {
  const words = short
    .replaceAll(/(\S+)\s+with\s+(\S+)\s+exception\b/gi, (_, name: string, exception: string) =>
      withException(name, exception),
    )
    .replaceAll(',', ' ')
    .replaceAll(/[()]/g, ' $& ')
    .trim()
    .split(/\s+/);
  if (words.length > WORDS_LIMIT) return '';
  return words
    .map((word) => (/^(?:and|or|with)$/i.test(word) ? word.toUpperCase() : spdxName(word)))
    .join(' ')
    .replaceAll(/\( | \)/g, (bracket) => bracket.trim());
}

/** Few exceptions have a name in SPDX that is certain. */
function withException(name: string, exception: string): string {
  const known = EXCEPTIONS.get(exception.toLowerCase());
  if (known !== undefined) return `${name} with ${known}`;
  return `LicenseRef-${spdxName(name)}-with-${exception}-exception`.replaceAll(
    /[^A-Za-z0-9.-]/g,
    '-',
  );
}

const EXCEPTIONS = new Map([
  ['bison', 'Bison-exception-2.2'],
  ['libtool', 'Libtool-exception'],
  ['llvm', 'LLVM-exception'],
]);
const NAMES: Readonly<Record<string, string>> = {
  expat: 'MIT',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'bsd-4-clause': 'BSD-4-Clause',
  artistic: 'Artistic-1.0-Perl',
  'artistic-1': 'Artistic-1.0',
  'artistic-2': 'Artistic-2.0',
  apache: 'Apache-2.0',
  zlib: 'Zlib',
  isc: 'ISC',
  psf: 'PSF-2.0',
  cc0: 'CC0-1.0',
  'cc0-1': 'CC0-1.0',
  python: 'Python-2.0',
};

/** Debian's short name of a licence as SPDX writes it; as it is where SPDX has no name for it. */
function spdxName(short: string): string {
  const known = Object.hasOwn(NAMES, short.toLowerCase()) ? NAMES[short.toLowerCase()] : undefined;
  if (known !== undefined) return known;
  const [, family, version = '', later] =
    /^(A?GPL|LGPL|GFDL|FDL)-v?(\d+(?:\.\d+)*)(\+)?$/i.exec(short) ?? [];
  if (family === undefined) return short;
  const name = /FDL$/i.test(family) ? 'GFDL' : family.toUpperCase();
  const full = version.includes('.') ? version : `${version}.0`;
  return `${name}-${full}-${later === undefined ? 'only' : 'or-later'}`;
}
