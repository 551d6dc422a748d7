import type { StageInstruction, Word } from '../../dockerfile/ast.ts';
import type { Vertex } from '../graph.ts';
import { parsePorts } from '../../dockerfile/expose.ts';
import { DockerfileError } from '../../dockerfile/errors.ts';
import { parseInstruction } from '../../dockerfile/parse-instruction.ts';
import { checkSignal } from '../../dockerfile/signal.ts';
import { addCopy } from './copy.ts';
import type { Entitlements } from './entitlements.ts';
import { goDuration } from './go-duration.ts';
import { quotedList } from './history.ts';
import { addRun } from './run.ts';
import { OF_THE_BUILDER } from './scope.ts';
import type { Share } from './platforms.ts';
import { putAll, type StageState } from './state.ts';
import type { Words } from './words.ts';
import { addWorkdir } from './workdir.ts';

/** What `--from` means: a stage's or image's root (undefined: an empty one), or a named context. */
export type CopySource = { readonly vertex: Vertex | undefined } | { readonly context: string };

/** A single port, of which a word can mean 65536, in the characters that an instruction may make. */
const PORT_WEIGHT = 32;

/** What instructions of one stage share. */
export interface StageSetting {
  readonly name: string;
  /** `build ` where there are several stages, else empty. */
  readonly prefix: string;
  /** Of a build for several platforms. */
  readonly share?: Share | undefined;
  readonly total: number;
  readonly origin: string;
  readonly platform: string;
  readonly uncached: boolean;
  readonly globals: ReadonlyMap<string, string>;
  readonly args: ReadonlyMap<string, string>;
  /** Names of build arguments that something asked for. */
  readonly used: Set<string>;
  readonly words: Words;
  readonly network: 'default' | 'none' | 'host';
  /** What RUN may do beyond the usual. */
  readonly allow: Entitlements | undefined;
  readonly extraHosts: readonly string[];
  readonly shmSize: number | undefined;
  /** What `--from` or, with the `target` of a mount, its `from` means. */
  readonly source: (from: Word, at: StageInstruction, target?: string) => CopySource;
  /** Steps shown so far, of `total`. */
  step: number;
  /** Instructions seen so far. */
  ordinal: number;
}

/** A trigger or a `--change` as an instruction of a stage. Throws DockerfileError for FROM. */
export function readTrigger(text: string): StageInstruction {
  const instruction = parseInstruction(text);
  if (instruction.kind !== 'FROM') return instruction;
  throw new DockerfileError(`FROM isn't allowed as an ONBUILD trigger`);
}

/** A trigger that a base brings. Throws DockerfileError for what ONBUILD does not take. */
export function baseTrigger(text: string): StageInstruction {
  const instruction = readTrigger(text);
  const { kind } = instruction;
  if (kind !== 'ONBUILD' && kind !== 'MAINTAINER') return instruction;
  throw new DockerfileError(`${kind} isn't allowed as an ONBUILD trigger`);
}

/** Applies one instruction to a stage: changes its config, or adds a vertex. */
export function applyInstruction(
  state: StageState,
  instruction: StageInstruction,
  setting: StageSetting,
  trigger: boolean,
): void {
  setting.ordinal += 1;
  const lookup = (name: string): string | undefined => state.scope.get(name);
  const expand = (word: Word): string => setting.words.expand(word, lookup);
  const { config } = state;
  switch (instruction.kind) {
    case 'RUN':
      return addRun(state, instruction, setting, trigger);
    case 'COPY':
    case 'ADD':
      return addCopy(state, instruction, setting, trigger);
    case 'WORKDIR':
      return addWorkdir(state, instruction, expand(instruction.path), setting, trigger);
    case 'ARG':
      return declareArgs(state, instruction, setting);
    case 'ENV': {
      // All words see the values from before the instruction.
      const pairs = instruction.pairs.map((p) => [expand(p.name), expand(p.value)] as const);
      for (const [name, value] of pairs) {
        if (name === '') throw setting.words.error('ENV names can not be blank', instruction.span);
        state.scope.env(name, value);
      }
      return state.commit(`ENV ${pairs.map(([name, value]) => `${name}=${value}`).join(' ')}`);
    }
    case 'LABEL': {
      const pairs = instruction.pairs.map((p) => [expand(p.name), expand(p.value)] as const);
      if (pairs.some(([name]) => name === '')) {
        throw setting.words.error('LABEL names can not be blank', instruction.span);
      }
      config.Labels = putAll(config.Labels, pairs);
      return state.commit(`LABEL ${pairs.map(([name, value]) => `${name}=${value}`).join(' ')}`);
    }
    case 'CMD':
      config.Cmd = commandLine(state, instruction.command);
      config.ArgsEscaped = true;
      state.commandSet = true;
      return state.commit(`CMD ${quotedList(config.Cmd)}`);
    case 'ENTRYPOINT': {
      const argv = commandLine(state, instruction.command);
      config.Entrypoint = argv.length > 0 ? argv : null;
      // A CMD of the base means arguments for the base's entry point, not for this one.
      if (!state.commandSet) delete config.Cmd;
      return state.commit(`ENTRYPOINT ${quotedList(argv)}`);
    }
    case 'EXPOSE': {
      const ports = instruction.ports.flatMap((word) =>
        setting.words.expandSplit(word, lookup).flatMap((port) => {
          const { ports } = setting.words.located(word.span, () => parsePorts(port));
          setting.words.charge(ports.length * PORT_WEIGHT, word.span);
          return ports;
        }),
      );
      config.ExposedPorts = putAll(
        config.ExposedPorts,
        ports.map((port) => [port, {}]),
      );
      return state.commit(`EXPOSE [${ports.join(' ')}]`);
    }
    case 'VOLUME': {
      const paths = instruction.paths.map((word) => expand(word).trim());
      if (paths.includes('')) {
        throw setting.words.error('VOLUME specified can not be an empty string', instruction.span);
      }
      config.Volumes = putAll(
        config.Volumes,
        paths.map((path) => [path, {}]),
      );
      return state.commit(`VOLUME [${paths.join(' ')}]`);
    }
    case 'USER':
      config.User = expand(instruction.user);
      return state.commit(`USER ${config.User}`);
    case 'STOPSIGNAL': {
      const signal = expand(instruction.signal);
      setting.words.located(instruction.span, () => checkSignal(signal));
      config.StopSignal = signal;
      return state.commit(`STOPSIGNAL ${signal}`);
    }
    case 'SHELL':
      config.Shell = [...instruction.argv];
      return state.commit(`SHELL [${instruction.argv.join(' ')}]`);
    case 'HEALTHCHECK': {
      const { test, interval, timeout, startPeriod, startInterval, retries } = instruction.check;
      config.Healthcheck = {
        Test: test,
        ...(interval > 0 && { Interval: interval }),
        ...(timeout > 0 && { Timeout: timeout }),
        ...(startPeriod > 0 && { StartPeriod: startPeriod }),
        ...(startInterval > 0 && { StartInterval: startInterval }),
        ...(retries > 0 && { Retries: retries }),
      };
      const times = [interval, timeout, startPeriod, startInterval].map(
        (ns) => `"${goDuration(ns)}"`,
      );
      return state.commit(
        `HEALTHCHECK &{${quotedList(test)} ${times.join(' ')} '\\x${retries.toString(16).padStart(2, '0')}'}`,
      );
    }
    case 'ONBUILD':
      config.OnBuild = [...(config.OnBuild ?? []), instruction.trigger];
      return undefined;
    case 'MAINTAINER':
      state.document.author = instruction.name;
      return state.commit(`MAINTAINER ${instruction.name}`);
    default:
      return instruction satisfies never;
  }
}

/** The arguments of a CMD, ENTRYPOINT or RUN: text goes to the stage's shell. */
export function commandLine(
  state: StageState,
  command: { form: 'exec'; argv: readonly string[] } | { form: 'shell'; script: Word },
): string[] {
  return command.form === 'exec' ? [...command.argv] : [...state.shell, command.script.raw];
}

function declareArgs(
  state: StageState,
  instruction: Extract<StageInstruction, { kind: 'ARG' }>,
  setting: StageSetting,
): void {
  const texts = instruction.args.map(({ name, value: word }) => {
    const lookup = (key: string): string | undefined => state.scope.get(key);
    setting.used.add(name);
    const value =
      setting.args.get(name) ??
      (word ? setting.words.expand(word, lookup) : setting.globals.get(name));
    // Those that only steer the builder are no variables.
    state.scope.arg(name, OF_THE_BUILDER.has(name) ? undefined : value);
    return value === undefined ? name : `${name}=${value}`;
  });
  state.commit(`ARG ${texts.join(' ')}`);
}
