import { ByteSearch } from '../../base/byte-search.ts';
import type { LayerWatch } from '../../layer/layer-stream.ts';
import { credentialsOf, isKnownFile, KNOWN_FILE_LIMIT } from './files.ts';
import { BEFORE_ANCHOR, FROM_ANCHOR, SHAPES, tokensIn, type Found } from './shapes.ts';

/** Findings of one kind that are told of a file. */
const MOST_OF_A_FILE = 5;
/** How programs, libraries and archives of them begin: the keys in these are their own tests'. */
const PROGRAM = /^(?:\x7fELF|!<arch>)/;
/** Keys in documents and tests of packages open nothing. */
const OF_PACKAGES =
  /^usr\/share\/doc\/|^(?:usr|opt)\/.*\/(?:tests?|testdata|test_data|fixtures|examples?)\//;
const NOTHING = Buffer.alloc(0);

/**
 * Looks through the files of a layer as they pass: those that are known to hold credentials as
 * a whole, all others for tokens. Memory depends on neither their number nor their size.
 */
export function layerAudit(
  tell: (path: string, found: Found, line: number | undefined) => void,
): LayerWatch {
  const search = new ByteSearch(
    SHAPES.flatMap(({ anchors }) => anchors.map((anchor) => Buffer.from(anchor))),
  );
  let path = '';
  let known = false;
  let isHarmless = false;
  let [left, at] = [0, 0];
  let carry = NOTHING;
  let told = new Map<string, number>();
  const report = (found: readonly Found[], text: string, isFirst: boolean): void => {
    for (const one of found) {
      const count = told.get(one.rule) ?? 0;
      told.set(one.rule, count + 1);
      if (count >= MOST_OF_A_FILE) continue;
      tell(path, one, isFirst ? text.slice(0, one.at).split('\n').length : undefined);
    }
  };
  return {
    entry(entry) {
      path = Buffer.from(entry.path).toString();
      ({ size: left } = entry);
      known = entry.type === 'file' && left <= KNOWN_FILE_LIMIT && isKnownFile(path);
      [at, carry, told] = [0, NOTHING, new Map()];
    },
    content(chunk) {
      left -= chunk.length;
      const data =
        carry.length === 0
          ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
          : Buffer.concat([carry, chunk]);
      if (known && left > 0) {
        carry = Buffer.from(data);
        return;
      }
      if (known) {
        const text = data.toString('latin1');
        report(credentialsOf(path, text), text, true);
        return;
      }
      const isFirst = at === 0 && carry.length === 0;
      if (isFirst) {
        isHarmless = OF_PACKAGES.test(path) || PROGRAM.test(data.toString('latin1', 0, 8));
      }
      at += chunk.length;
      let from = 0;
      for (let hit = search.find(data); hit; hit = search.find(data, from)) {
        // What is not there yet is looked at with the next piece.
        if (data.length - hit.at < FROM_ANCHOR && left > 0) {
          carry = Buffer.from(data.subarray(Math.max(from, hit.at - BEFORE_ANCHOR)));
          return;
        }
        const start = Math.max(from, hit.at - BEFORE_ANCHOR);
        const text = data.toString('latin1', start, hit.at + FROM_ANCHOR);
        const [first] = tokensIn(text);
        if (first && !(isHarmless && first.rule === 'PrivateKey')) {
          const whole = isFirst ? data.toString('latin1', 0, start) + text : text;
          report([{ ...first, at: first.at + (isFirst ? start : 0) }], whole, isFirst);
        }
        from = first ? start + first.at + first.value.length : hit.at + 1;
      }
      carry =
        left > 0
          ? Buffer.from(data.subarray(Math.max(from, data.length - BEFORE_ANCHOR)))
          : NOTHING;
    },
  };
}
