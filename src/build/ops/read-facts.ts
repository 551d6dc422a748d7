import type { Fact } from '../cache/key.ts';
import type { Op } from '../graph.ts';

/**
 * What a step takes out of which of its inputs. Where the content is looked at this counts for
 * nothing; where only the inputs' keys are, it says what of them is read.
 */
export function readFacts(op: Op): Fact[] {
  switch (op.kind) {
    case 'copy':
      return [{ kind: 'flag', name: 'sources', value: JSON.stringify(op.paths) }];
    case 'exec': {
      const origins = op.mounts.map((mount) => ('origin' in mount ? mount.origin : null));
      return [{ kind: 'flag', name: 'origins', value: JSON.stringify(origins) }];
    }
    default:
      return [];
  }
}
