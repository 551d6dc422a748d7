import { InvalidInputError } from '../../base/errors.ts';
import { formatPlatform, hostPlatform } from '../../oci/platform.ts';
import { command, type Host } from '../command.ts';
import { flag } from '../flags.ts';
import { alignTabs } from '../table.ts';

/*
 * Scripts that were written for Docker make and choose builders. Here there is one, built in: they go on, and hear of it.
 */

const NAME = 'default';

function notice({ stderr }: Pick<Host, 'stderr'>): void {
  stderr.line(`Notice: there is one builder, '${NAME}', built in: every build uses it.`);
}

function platform(): string {
  return formatPlatform(hostPlatform(process.arch));
}

/** `buildx ls`. */
export const buildxLs = command({
  usage: '',
  operands: [0, 0],
  flags: {},
  examples: [['The builder', 'stave buildx ls']],

  async run({ stdout, version }) {
    const rows = [
      'NAME/NODE\tDRIVER/ENDPOINT\tSTATUS\tBUILDKIT\tPLATFORMS',
      `${NAME}*\tstave\t\t\t`,
      ` \\_ ${NAME}\t \\_ ${NAME}\trunning\t${version()}\t${platform()}`,
    ];
    stdout.line(alignTabs(rows.join('\n'), { padding: 3, narrowest: 10 }));
  },
});

/** `buildx inspect`. */
export const buildxInspect = command({
  usage: '[OPTIONS] [NAME]',
  operands: [0, 1],
  flags: { bootstrap: flag.toggle('Nothing: there is nothing to start') },
  examples: [['The builder', 'stave buildx inspect']],

  async run({ operands: [name = NAME], stdout }) {
    check(name);
    stdout.write(
      `Name:   ${NAME}\nDriver: stave\n\nNodes:\nName:      ${NAME}\nEndpoint:  ${NAME}\nStatus:    running\nPlatforms: ${platform()}\n`,
    );
  },
});

/** `buildx create`. */
export const buildxCreate = command({
  usage: '[OPTIONS] [CONTEXT|ENDPOINT]',
  operands: [0, 1],
  flags: {
    append: flag.toggle('Ignored'),
    bootstrap: flag.toggle('Nothing: there is nothing to start'),
    'buildkitd-config': flag.text('string', 'Ignored'),
    'buildkitd-flags': flag.text('string', 'Ignored'),
    driver: flag.text('string', 'Ignored'),
    'driver-opt': flag.list('stringArray', 'Ignored'),
    leave: flag.toggle('Ignored'),
    name: flag.text('string', 'The name to print'),
    node: flag.text('string', 'Ignored'),
    platform: flag.stringSlice('stringArray', 'Ignored: every build says for what it builds'),
    use: flag.toggle('Nothing: there is one builder'),
  },
  examples: [['As scripts do', 'stave buildx create --use --name ci']],

  async run(context) {
    notice(context);
    context.stdout.line(context.flags.name ?? NAME);
  },
});

/** `buildx use`. */
export const buildxUse = command({
  usage: '[OPTIONS] NAME',
  operands: [1, 1],
  flags: {
    default: flag.toggle('Nothing: there is one builder'),
    global: flag.toggle('Nothing: there is one builder'),
  },
  examples: [['As scripts do', 'stave buildx use default']],

  async run(context) {
    if (context.operands[0] !== NAME) notice(context);
  },
});

/** `buildx stop`. */
export const buildxStop = command({
  usage: '[NAME]',
  operands: [0, 1],
  flags: {},
  examples: [['As scripts do', 'stave buildx stop']],

  run: async () => {},
});

/** `buildx rm`. */
export const buildxRm = command({
  usage: '[OPTIONS] [NAME...]',
  operands: [0, Number.POSITIVE_INFINITY],
  flags: {
    'all-inactive': flag.toggle('Nothing: the builder is always there'),
    force: flag.toggle('Do not ask; nothing is asked', 'f'),
    'keep-daemon': flag.toggle('Nothing: there is none'),
    'keep-state': flag.toggle('Keep the cache; it is kept in any case'),
  },
  examples: [['As scripts do', 'stave buildx rm ci']],

  async run({ operands, stdout }) {
    if (operands.includes(NAME)) {
      throw new InvalidInputError(`builder '${NAME}' is built in and cannot be removed`, {
        hint: "'stave builder prune' empties its cache.",
      });
    }
    for (const name of operands) stdout.line(`${name} removed`);
  },
});

/** `buildx version`. */
export const buildxVersion = command({
  usage: '',
  operands: [0, 0],
  flags: {},
  examples: [['The version', 'stave buildx version']],

  async run({ stdout, version }) {
    stdout.line(`stave/buildx ${version()}`);
  },
});

function check(name: string): void {
  if (name === NAME) return;
  throw new InvalidInputError(`no builder "${name}" found`, {
    hint: `There is one, built in: '${NAME}'.`,
  });
}
