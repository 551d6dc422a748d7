import { basename } from 'node:path';
import type { LayerStep, StepOrigin } from '../engine/understand-types.ts';
import { visibleCell } from './visible.ts';

/** `Dockerfile:7`, `Dockerfile:7-9`, `commit of web1`. */
export function originText({ file, lines: [first, last] }: StepOrigin): string {
  if (first === 0) return file;
  const name = basename(file);
  // What came by standard input goes by its usual name, as in messages of the build.
  return `${name === '-' ? 'Dockerfile' : name}:${first}${last > first ? `-${last}` : ''}`;
}

/** Where a layer comes from: its line, and whether it is the base image's, as far as either is known. */
export function layerPlace({ origin, inherited }: Pick<LayerStep, 'origin' | 'inherited'>): string {
  const line = origin ? originText(origin) : '';
  return inherited ? `${line} (base)`.trim() : line;
}

/** An instruction as one types it: without what builders put around it. */
export function instructionText(createdBy: string): string {
  const text = createdBy
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, '')
    .replace(/^\/bin\/sh -c /, 'RUN ')
    .replace(/^RUN (?:\|\d+ .*? )?\/bin\/sh -c /, 'RUN ')
    .replace(/ # buildkit$/, '')
    .replaceAll(/\s+/g, ' ');
  return visibleCell(text);
}

/**
 * A path out of an image on one line: what is no text, or would break the line, shows as its number,
 * and so does a backslash that would look like one.
 */
export function pathLine(path: string): string {
  return path.replaceAll(/[\x00-\x1f\x7f\udc80-\udcff]|\\(?=x[0-9a-f]{2})/gu, (mark) => {
    const code = mark.charCodeAt(0) & 0xff;
    return `\\x${code.toString(16).padStart(2, '0')}`;
  });
}

/** The path that {@link pathLine} shows so, as the engine takes it: bytes that are no text too. */
export function typedPath(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/g, (_, digits: string) => {
    const code = Number.parseInt(digits, 16);
    return String.fromCharCode(code < 0x80 ? code : 0xdc00 + code);
  });
}
