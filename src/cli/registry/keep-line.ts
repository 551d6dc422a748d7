import type { KeepEvent } from '../../registry-server/maintenance/keeper.ts';
import { humanSize } from '../units.ts';

/** What a registry did to keep itself in order, as a line for the log. */
export function keepLine(event: KeepEvent): string {
  switch (event.kind) {
    case 'collected': {
      const { removed, bytes, time } = event;
      return `collected ${removed} things, ${humanSize(bytes)}, in ${time} ms`;
    }
    case 'retained':
      return `removed ${event.removed} tags and manifests that no rule keeps`;
    case 'damaged': {
      const { digest, isRestored, repositories, manifests } = event.found;
      const end = isRestored
        ? 'another copy took its place'
        : 'it is in quarantine; pushing it again heals what needs it';
      const gone = manifests.length === 0 ? '' : `; gone: ${manifests.join(', ')}`;
      return `damaged: ${digest} in ${repositories.join(', ')}: ${end}${gone}`;
    }
    case 'scrubbed': {
      const { checked, bytes } = event.state;
      return `checked ${checked} contents, ${humanSize(bytes)}`;
    }
    case 'failed': {
      const { error } = event;
      return `keeping order failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
  }
}
