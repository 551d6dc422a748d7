import { constants } from 'node:os';
import { Exit, InvalidInputError, UsageError } from '../../base/errors.ts';
import type { CreateRequest } from '../../engine/create-request.ts';
import { anchorFile } from '../anchor-files.ts';
import { command, type Context } from '../command.ts';
import { flag } from '../flags.ts';
import { extraHost, labelsOf, linesOfFile, networkMode } from '../key-values.ts';
import { ObjectNotFoundError } from '../errors.ts';
import { platformOption } from '../platform-flag.ts';
import { warningLines } from '../render/renderer.ts';
import { PULL_WORDS } from '../render/transfer-lines.ts';
import { openTransfers } from '../render/transfers.ts';
import { RUN_REFUSED } from '../refused-flags.ts';
import { ulimitOf } from '../ulimits.ts';

const flags = {
  ...RUN_REFUSED,
  'add-host': flag.list('list', 'A line for /etc/hosts: "host:ip"'),
  'cap-add': flag.list('list', 'A capability to have besides the usual ones'),
  'cap-drop': flag.list('list', 'A capability to do without, or ALL'),
  cidfile: flag.text('string', 'A file for the container ID'),
  cpus: flag.number('decimal', 'Most CPU time, in CPUs'),
  entrypoint: flag.text('string', "Instead of the image's ENTRYPOINT"),
  env: flag.list('list', 'A variable; without "=value" the caller\'s', 'e'),
  'env-file': flag.list('list', 'A file of variables, one a line'),
  hostname: flag.text('string', 'Host name inside', 'h'),
  interactive: flag.toggle('Hand standard input on', 'i'),
  label: flag.list('list', 'A label for the container', 'l'),
  'label-file': flag.list('list', 'A file of labels, one a line'),
  memory: flag.bytes('Most memory', 'm'),
  mount: flag.list('mount', 'A mount: "type=bind|volume|tmpfs,source=...,target=..."'),
  name: flag.text('string', "The container's name"),
  network: flag.text('network', 'The network: default, host or none'),
  'pids-limit': flag.number('int', 'Most processes; -1: no limit'),
  platform: flag.text('string', 'Of an image for several platforms, the one to run'),
  privileged: flag.toggle('Without confinement'),
  pull: flag.choice(
    ['always', 'missing', 'never'],
    'When to pull the image: always, missing or never (default: missing)',
  ),
  quiet: flag.toggle('Say nothing about pulling', 'q'),
  'read-only': flag.toggle('Make the root file system read-only'),
  'require-signature': flag.list(
    'file',
    'A public key or certificates that it must be signed with',
  ),
  rm: flag.toggle('Remove the container when it has ended'),
  'security-opt': flag.list('list', 'Security options: no-new-privileges'),
  'shm-size': flag.bytes('Size of /dev/shm'),
  tmpfs: flag.list('list', 'A directory in memory: "path[:options]"'),
  tty: flag.toggle('Give it a terminal', 't'),
  ulimit: flag.list('ulimit', 'A resource limit: "nofile=1024:2048"'),
  user: flag.text('string', 'Who runs it: "name|uid[:group|gid]"', 'u'),
  volume: flag.list('list', 'A directory of this machine: "source:target[:ro]"', 'v'),
  'volume-driver': flag.text('string', 'Driver of new volumes: local'),
  'volumes-from': flag.list('list', 'All volumes of another container: "name[:ro]"'),
  workdir: flag.text('string', 'Working directory inside', 'w'),
};

/** `container run`, `run`: in the foreground. */
export const containerRun = command({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  operands: [1, Number.POSITIVE_INFINITY],
  stopAtOperand: true,
  pointToHelp: true,
  flags,
  examples: [
    ['A shell that leaves nothing behind', 'stave run --rm -it debian bash', 'a terminal'],
    [
      'A program on files of this machine',
      'stave run --rm -v "$PWD/src:/src" -w /src app:v1 cat main',
    ],
  ],

  async run(context) {
    const { stdin, stderr, env, signal, engine } = context;
    if (context.flags.tty && context.flags.interactive && !stdin.terminal) {
      throw new InvalidInputError('the input device is not a TTY');
    }
    const request = requestOf(context);
    const signers = context.flags['require-signature'].map((typed) => anchorFile(context, typed));
    const required = signers.length > 0 && { requireSignature: signers };
    const { containers, images, trust } = await engine();
    const { pull, quiet } = context.flags;
    // The container's own output must not be mixed with ours.
    const bring = async (name: string): Promise<void> => {
      using display = await openTransfers({ stdout: stderr, stderr, env }, quiet, PULL_WORDS);
      await images.pull(
        { name, ...(request.platform && { platform: request.platform }), ...required },
        { signal, progress: display.sink },
      );
    };
    const missing = async (name: string): Promise<void> => {
      if (pull === 'never') throw new ObjectNotFoundError('image', name);
      stderr.line(`Unable to find image '${name}' locally`);
      await bring(name);
    };
    if (pull === 'always') await bring(request.image);
    const status = await containers.run(request, {
      signal,
      progress: warningLines(stderr),
      environment: env,
      missing,
      ...(required && {
        admit: (id) => trust.verifyStored({ id, name: request.image }, signers, { signal }),
      }),
    });
    return 'code' in status ? status.code : 128 + constants.signals[status.signal];
  },
});

function requestOf({ operands, flags: typed, cwd, env }: Context<typeof flags>): CreateRequest {
  const [image = '', ...argv] = operands;
  const network = networkMode(typed.network);
  const optional = {
    ...platformOption(typed.platform, env),
    name: typed.name,
    user: typed.user,
    workdir: typed.workdir,
    hostname: typed.hostname,
    cidfile: typed.cidfile,
    shmSize: typed['shm-size'],
    volumeDriver: typed['volume-driver'],
    networks: network && [{ name: network }],
    command: argv.length > 0 ? argv : undefined,
    // An empty one takes the image's away.
    entrypoint: typed.entrypoint === '' ? [] : typed.entrypoint && [typed.entrypoint],
  };
  return {
    image,
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<CreateRequest>),
    env: [...typed['env-file'].flatMap((file) => linesOfFile(cwd, file)), ...typed.env],
    labels: labelsOf([
      ...typed['label-file'].flatMap((file) => linesOfFile(cwd, file)),
      ...typed.label,
    ]),
    volumes: typed.volume,
    mounts: typed.mount,
    volumesFrom: typed['volumes-from'],
    extraHosts: typed['add-host'].map(extraHost),
    capAdd: typed['cap-add'],
    capDrop: typed['cap-drop'],
    tmpfs: typed.tmpfs,
    ulimits: typed.ulimit.map(ulimitOf),
    limits: {
      ...(typed.memory !== undefined && { memory: typed.memory }),
      ...(typed.cpus !== undefined && { cpus: typed.cpus }),
      ...(typed['pids-limit'] !== undefined && { pids: typed['pids-limit'] }),
    },
    remove: typed.rm,
    interactive: typed.interactive,
    terminal: typed.tty,
    readonly: typed['read-only'],
    privileged: typed.privileged,
    noNewPrivileges: typed['security-opt'].map(noNewPrivileges).includes(true),
  };
}

function noNewPrivileges(option: string): boolean {
  const match = /^no-new-privileges(?:[:=](true|false))?$/.exec(option);
  if (match) return match[1] !== 'false';
  throw new UsageError(
    `security option ${JSON.stringify(option)} is not available in this version`,
    {
      exitCode: Exit.usage,
    },
  );
}
