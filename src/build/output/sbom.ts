import { cyclonedxDocument } from '../../sbom/cyclonedx.ts';
import type { Described, PackageList } from '../../sbom/package.ts';
import { spdxDocument } from '../../sbom/spdx.ts';

/** A list of packages in one of the forms that other programs read. */
export function sbomDocument(
  format: 'spdx-json' | 'cyclonedx-json',
  list: PackageList,
  about: Described,
): object {
  return format === 'spdx-json' ? spdxDocument(list, about) : cyclonedxDocument(list, about);
}
