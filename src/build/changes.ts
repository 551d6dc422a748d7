import { UsageError } from '../base/errors.ts';
import { parseDockerfile } from '../dockerfile/parse.ts';
import type { ContainerConfig } from '../oci/image-config.ts';
import { applyInstruction, readTrigger, type StageSetting } from './frontend/instructions.ts';
import { StageState } from './frontend/state.ts';
import { Words } from './frontend/words.ts';

/** What `--change` of import and commit takes: instructions that touch the config only. */
const ALLOWED = [
  'CMD',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'HEALTHCHECK',
  'LABEL',
  'ONBUILD',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
];

/** None of the instructions looks at it. */
const PLATFORM = { os: 'linux', architecture: '' };

/**
 * Applies instructions, one text each, to a container's defaults. No history is added. Throws
 * UsageError for an instruction that is not among the eleven, DockerfileError for a bad one.
 */
export function applyChanges(config: ContainerConfig, changes: readonly string[]): ContainerConfig {
  if (changes.length === 0) return config;
  const image = { ...PLATFORM, config, rootfs: { type: 'layers', diff_ids: [] } } as const;
  const state = StageState.fromImage(image, PLATFORM, undefined, undefined);
  const setting: StageSetting = {
    name: '0',
    prefix: '',
    total: 0,
    origin: '--change',
    platform: '',
    uncached: false,
    globals: new Map(),
    args: new Map(),
    used: new Set(),
    words: new Words(parseDockerfile('FROM scratch\n', '--change')),
    network: 'default',
    allow: undefined,
    extraHosts: [],
    shmSize: undefined,
    source: () => ({ vertex: undefined }),
    step: 0,
    ordinal: 0,
  };
  for (const text of changes) {
    const instruction = readTrigger(text);
    if (!ALLOWED.includes(instruction.kind)) {
      throw new UsageError(`${instruction.kind} is not a valid change command`, {
        exitCode: 1,
        hint: `Valid ones are ${ALLOWED.join(', ')}.`,
      });
    }
    applyInstruction(state, instruction, setting, false);
  }
  return { ...state.config, Env: state.scope.imageEnv() };
}
