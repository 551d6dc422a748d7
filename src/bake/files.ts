import { BakeFileError } from './errors.ts';
import type { Body } from './hcl/ast.ts';
import { parseHcl } from './hcl/body.ts';
import { parseJson } from './hcl/json.ts';
import { sourceOf } from './hcl/source.ts';

/** A file that was handed in. */
export interface BakeFile {
  /** As it was typed; `-` for standard input. */
  readonly name: string;
  readonly text: string;
}

/** Largest file that is read. */
const LARGEST = 8 * 1024 * 1024;

/**
 * Parses a bake file in HCL or JSON: by its name, and where that says nothing by what it is.
 * Throws BakeFileError.
 */
export function parseBakeFile({ name, text }: BakeFile): Body {
  if (text.length > LARGEST) throw new BakeFileError(`${name}: the file is larger than 8 MiB`);
  const [hcl, json] = [sourceOf(name, text), { ...sourceOf(name, text), json: true }];
  if (name.endsWith('.json')) return parseJson(json);
  if (name.endsWith('.hcl') || !/^\ufeff?\s*[{[]/.test(text)) return parseHcl(hcl);
  return parseJson(json);
}
