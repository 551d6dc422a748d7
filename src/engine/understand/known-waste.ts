/** A kind of files that images seldom need, and how one is rid of them. */
export interface WasteRule {
  readonly kind: string;
  readonly what: string;
  /** What a RUN that made them should do instead. `PATH` stands for their directory. */
  readonly run: string;
  /** What a COPY or ADD that brought them should do instead. */
  readonly copy: string;
}

const KEEP_OUT = "keep them out with a line in '.dockerignore' or with --exclude";

const rule = (kind: string, what: string, run: string, copy = KEEP_OUT): WasteRule => ({
  kind,
  what,
  run,
  copy,
});

const sameRun = (command: string): string => `add '${command}' to the same RUN`;
const mount = (target: string): string => `give the RUN --mount=type=cache,target=${target}`;

const APT_LISTS = rule('apt-lists', 'package lists of apt', sameRun('rm -rf /var/lib/apt/lists/*'));
const APT_CACHE = rule('apt-cache', 'packages kept by apt', sameRun('apt-get clean'));
const APK = rule('apk-cache', 'packages kept by apk', "use 'apk add --no-cache'");
const DNF = rule('dnf-cache', 'packages kept by dnf', sameRun('dnf clean all'));
const YUM = rule('yum-cache', 'packages kept by yum', sameRun('yum clean all'));
const ZYPP = rule('zypp-cache', 'packages kept by zypper', sameRun('zypper clean -a'));
const PIP = rule('pip-cache', 'packages kept by pip', "use 'pip install --no-cache-dir'");
const NPM = rule('npm-cache', 'packages kept by npm', mount('PATH'));
const YARN = rule('yarn-cache', 'packages kept by yarn', mount('PATH'));
const PNPM = rule('pnpm-cache', 'packages kept by pnpm', mount('PATH'));
const GO = rule('go-cache', 'what go keeps of builds and modules', mount('PATH'));
const CARGO = rule('cargo-cache', 'packages kept by cargo', mount('PATH'));
const MAVEN = rule('maven-cache', 'packages kept by maven', mount('PATH'));
const GRADLE = rule('gradle-cache', 'packages kept by gradle', mount('PATH'));
const CACHE = rule('cache', 'what programs keep in .cache', mount('PATH'));
const DOCS = rule('docs', 'documentation', sameRun('rm -rf PATH'));
const LOGS = rule('logs', 'logs', sameRun('rm -rf PATH/*'));
const TMP = rule('tmp', 'temporary files', sameRun('rm -rf PATH/*'));
const GIT = rule('git', 'a git repository', sameRun('rm -rf PATH'));
const BYTECODE = rule(
  'python-bytecode',
  'compiled Python',
  'set PYTHONDONTWRITEBYTECODE=1 for the RUN, or use pip --no-compile',
);

/** By the whole path of the directory. */
const PLACES: ReadonlyMap<string, WasteRule> = new Map([
  ['var/lib/apt/lists', APT_LISTS],
  ['var/cache/apt', APT_CACHE],
  ['var/cache/apk', APK],
  ['etc/apk/cache', APK],
  ['var/cache/dnf', DNF],
  ['var/cache/libdnf5', DNF],
  ['var/cache/yum', YUM],
  ['var/cache/zypp', ZYPP],
  ['usr/share/doc', DOCS],
  ['usr/share/man', DOCS],
  ['usr/share/info', DOCS],
  ['usr/share/gtk-doc', DOCS],
  ['usr/local/share/doc', DOCS],
  ['usr/local/share/man', DOCS],
  ['var/log', LOGS],
  ['tmp', TMP],
  ['var/tmp', TMP],
  ['go/pkg/mod', GO],
  ['usr/local/cargo/registry', CARGO],
]);

/** By the directory's name, wherever it is. */
const NAMES: ReadonlyMap<string, WasteRule> = new Map([
  ['.git', GIT],
  ['__pycache__', BYTECODE],
  ['_cacache', NPM],
  ['.pnpm-store', PNPM],
]);

/** By its name and that of the directory it lies in. */
const PAIRS: ReadonlyMap<string, WasteRule> = new Map([
  ['.cache/pip', PIP],
  ['.cache/yarn', YARN],
  ['.yarn/cache', YARN],
  ['.cache/go-build', GO],
  ['.cargo/registry', CARGO],
  ['.m2/repository', MAVEN],
  ['.gradle/caches', GRADLE],
]);

/** The home directories, where `.cache` is what it says. */
const HOME_CACHE = /^(?:root|home\/[^/]+)\/\.cache\/[^/]+$/;

/**
 * The rule for all that is in a directory, if there is one. `path` is that of the directory, from
 * the root, without a slash in front.
 */
export function wasteRule(path: string): WasteRule | undefined {
  const place = PLACES.get(path);
  if (place) return place;
  const cut = path.lastIndexOf('/');
  const named = NAMES.get(path.slice(cut + 1));
  if (named || cut < 0) return named;
  const pair = PAIRS.get(path.slice(path.lastIndexOf('/', cut - 1) + 1));
  return pair ?? (HOME_CACHE.test(path) ? CACHE : undefined);
}
