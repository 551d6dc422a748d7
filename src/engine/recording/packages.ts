/** Package managers that are known. */
export type Manager = 'apt-get' | 'apk' | 'dnf' | 'yum' | 'microdnf' | 'pip' | 'npm';

/** One thing that a package manager was asked for. */
export interface PackageAction {
  readonly manager: Manager;
  readonly kind: 'update' | 'install';
  readonly flags: readonly string[];
  readonly packages: readonly string[];
}

interface Kind {
  readonly manager: Manager;
  readonly update?: RegExp;
  readonly install: RegExp;
  /** Flags without a value that may be said again. */
  readonly flags: RegExp;
  /** Those that say nothing to a build. */
  readonly idle: RegExp;
  /** A name, perhaps with a version: no file, no address. */
  readonly name: RegExp;
}

const NAME = /^[a-z0-9][\w.+-]*(?::[a-z0-9]+)?(?:[=/][\w.+:~-]+)?$/i;
const YES = /^(?:-y|-yq|-yqq|-qy|-qqy|-q|-qq|-qq?y|--yes|--assume-yes|--quiet|-q=\d)$/;

const KINDS: Readonly<Record<string, Kind>> = {
  'apt-get': {
    manager: 'apt-get',
    update: /^update$/,
    install: /^install$/,
    flags: /^--(?:no-install-recommends|no-install-suggests|allow-downgrades|reinstall)$/,
    idle: YES,
    name: NAME,
  },
  apk: {
    manager: 'apk',
    update: /^update$/,
    install: /^add$/,
    flags: /^$/,
    idle: /^(?:-U|-q|--quiet|--no-cache|--update-cache|--update|--no-progress)$/,
    name: /^[a-z0-9][\w.+-]*(?:[=~<>@]+[\w.+:-]+)?$/i,
  },
  dnf: {
    manager: 'dnf',
    update: /^makecache$/,
    install: /^install$/,
    flags: /^--(?:nodocs|allowerasing|setopt=install_weak_deps=\w+)$/,
    idle: /^(?:-y|-q|--assumeyes|--quiet)$/,
    name: NAME,
  },
  pip: {
    manager: 'pip',
    install: /^install$/,
    flags: /^--(?:user|break-system-packages|no-deps|pre|no-binary=\S+)$/,
    idle: /^(?:-q|--quiet|--no-cache-dir|--no-input|--disable-pip-version-check|--progress-bar=\w+)$/,
    name: /^[a-z0-9][\w.-]*(?:\[[\w,.-]+\])?(?:[=~<>!]=?[\w.*+!-]+)?$/i,
  },
  npm: {
    manager: 'npm',
    install: /^(?:install|i|add)$/,
    flags: /^(?:-g|--global|--no-optional|--omit=\w+)$/,
    idle: /^(?:--silent|-s|--no-fund|--no-audit|--no-progress)$/,
    name: /^(?:@[\w.-]+\/)?[a-z0-9][\w.-]*(?:@[\w.^~<>=-]+)?$/i,
  },
};

const SAME: Readonly<Record<string, string>> = {
  apt: 'apt-get',
  yum: 'dnf',
  microdnf: 'dnf',
  pip3: 'pip',
};

/** Where a package manager is told what to do; a change there keeps installs apart. */
export const SETTINGS: Readonly<Record<Manager, RegExp>> = {
  'apt-get': /^\/(?:etc\/apt|usr\/share\/keyrings|var\/lib\/dpkg)\//,
  apk: /^\/(?:etc\/apk|lib\/apk|usr\/lib\/apk)\//,
  dnf: /^\/(?:etc\/(?:yum|dnf|pki)|var\/lib\/rpm|usr\/lib\/sysimage)/,
  yum: /^\/(?:etc\/(?:yum|dnf|pki)|var\/lib\/rpm|usr\/lib\/sysimage)/,
  microdnf: /^\/(?:etc\/(?:yum|dnf|pki)|var\/lib\/rpm|usr\/lib\/sysimage)/,
  pip: /pip\.conf$|pyvenv\.cfg$|(?:site|dist)-packages\//,
  npm: /npmrc$|package\.json$|node_modules\//,
};

/**
 * What a command asks of package managers; undefined where it does anything else as well, or
 * asks for more than names: a file, a part of a project, a version by a rule of its own.
 */
export function packageActions(text: string): PackageAction[] | undefined {
  if (!/^[\w\s./:=@+~,&;[\]^-]+$/.test(text) || /(?:^|[^&])&(?:$|[^&])/.test(text))
    return undefined;
  const parts = text.split(/&&|;|\n/).filter((part) => part.trim() !== '');
  const actions = parts.map(actionOf);
  if (actions.length === 0 || actions.includes(undefined)) return undefined;
  return actions as PackageAction[];
}

function actionOf(text: string): PackageAction | undefined {
  const words = text.trim().split(/\s+/);
  while (/^(?:DEBIAN_FRONTEND=\w+|sudo)$/.test(words[0] ?? '')) words.shift();
  let [program = ''] = words.splice(0, 1);
  if (/^python3?$/.test(program) && words[0] === '-m' && words[1] === 'pip') {
    words.splice(0, 2);
    program = 'pip';
  }
  const kind = KINDS[SAME[program] ?? program];
  if (!kind) return undefined;
  const manager = program === 'yum' || program === 'microdnf' ? program : kind.manager;
  const flags: string[] = [];
  const names: string[] = [];
  for (const word of words) {
    if (kind.idle.test(word)) continue;
    if (word.startsWith('-')) {
      if (!kind.flags.test(word)) return undefined;
      flags.push(word);
    } else names.push(word);
  }
  const [verb = '', ...packages] = names;
  if (kind.update?.test(verb) === true && packages.length === 0) {
    return { manager, kind: 'update', flags: [], packages };
  }
  if (!kind.install.test(verb) || packages.length === 0) return undefined;
  if (!packages.every((name) => kind.name.test(name))) return undefined;
  return { manager, kind: 'install', flags: flags.sort(), packages };
}

/** The lines of one RUN that installs all of it, and leaves nothing that only the installing needs. */
export function installLines(
  manager: Manager,
  update: boolean,
  flags: readonly string[],
  packages: readonly string[],
): string[] {
  const rest = [...flags, ...packages].join(' ');
  switch (manager) {
    case 'apt-get':
      return [
        ...(update ? ['apt-get update'] : []),
        `DEBIAN_FRONTEND=noninteractive apt-get install -y ${rest}`,
        ...(update ? ['apt-get clean', 'rm -rf /var/lib/apt/lists/*'] : []),
      ];
    case 'apk':
      return [`apk add --no-cache ${rest}`];
    case 'dnf':
    case 'yum':
    case 'microdnf':
      return [`${manager} install -y ${rest}`, `${manager} clean all`];
    case 'pip':
      return [`pip install --no-cache-dir ${rest}`];
    case 'npm':
      return [`npm install ${rest}`, 'npm cache clean --force'];
  }
}
