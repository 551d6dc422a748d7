import { flag, refused, type FlagTable } from './flags.ts';

const LATER = 'not available in this version';
const WINDOWS = 'for Windows containers only';

/** Flags of `run` and `create` that are known and not there. */
export const CREATE_REFUSED: FlagTable = {
  ...refused(LATER, [
    'blkio-weight-device',
    'cpu-rt-period',
    'cpu-rt-runtime',
    'device-read-bps',
    'device-read-iops',
    'device-write-bps',
    'device-write-iops',
    'link',
    'link-local-ip',
    'runtime',
    'storage-opt',
    'use-api-socket',
  ]),
  gpus: flag.refused('graphics processors cannot be given to containers in this version'),
  ...refused(WINDOWS, ['cpu-count', 'cpu-percent', 'io-maxbandwidth', 'io-maxiops', 'isolation']),
};

/** Flags of `build` that are known and not there yet. */
export const BUILD_REFUSED: FlagTable = {
  debug: flag.refused('it stands before the command: stave --debug build', 'D'),
};
