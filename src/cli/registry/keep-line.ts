import type { KeepEvent } from '../../registry-server/maintenance/keeper.ts';
import type { Log } from '../../registry-server/log.ts';
import { humanSize } from '../units.ts';
import { errorFields } from './error-fields.ts';

/** Writes down what a registry did to keep itself in order. */
export function tellKeeping(event: KeepEvent, log: Log): void {
  switch (event.kind) {
    case 'collected': {
      const { removed, bytes, time } = event;
      log.info(`collected ${removed} things, ${humanSize(bytes)}, in ${time} ms`, {
        removed,
        bytes,
        ms: time,
      });
      return;
    }
    case 'retained':
      log.info(`removed ${event.removed} tags and manifests that no rule keeps`);
      return;
    case 'damaged': {
      const { digest, isRestored, repositories, manifests } = event.found;
      const end = isRestored
        ? 'another copy took its place'
        : 'it is in quarantine; pushing it again heals what needs it';
      const gone = manifests.length === 0 ? '' : `; gone: ${manifests.join(', ')}`;
      log.error(`damaged: ${digest} in ${repositories.join(', ')}: ${end}${gone}`);
      return;
    }
    case 'scrubbed': {
      const { checked, bytes, damaged } = event.state;
      const text = `checked ${checked} contents, ${humanSize(bytes)}`;
      log.info(text, { checked, bytes, damaged });
      return;
    }
    case 'failed':
      log.error('keeping order failed', errorFields(event.error));
  }
}
