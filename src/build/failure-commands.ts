import { closest } from '../base/suggest.ts';
import type { FailedRun } from './failure-hints.ts';

/** What the programs that Dockerfiles mostly call take as their first word. */
const SUB_COMMANDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    'apt-get':
      'update upgrade install reinstall remove purge autoremove dist-upgrade dselect-upgrade build-dep clean autoclean distclean check source download changelog indextargets',
    apt: 'update upgrade install reinstall remove purge autoremove full-upgrade list search show satisfy edit-sources depends rdepends policy clean autoclean source download build-dep',
    'apt-cache': 'search show showpkg policy depends rdepends pkgnames madison stats dump',
    apk: 'add del fix update upgrade info list search fetch index cache dot policy stats manifest verify audit version',
    dnf: 'install remove update upgrade upgrade-minimal check-update makecache clean group info list search provides repolist reinstall downgrade module distro-sync builddep autoremove history config-manager',
    microdnf: 'install remove update upgrade reinstall clean repolist repoquery module download',
    yum: 'install remove erase update upgrade makecache clean group groupinstall info list search provides repolist reinstall localinstall autoremove history',
    zypper:
      'install remove update refresh dist-upgrade patch search info clean addrepo removerepo repos source-install',
    npm: 'install ci run test start publish audit build cache config exec init link list ls outdated prune rebuild uninstall update view version pack i add',
    pip: 'install download uninstall freeze list show check config search cache index wheel hash debug help',
    pip3: 'install download uninstall freeze list show check config search cache index wheel hash debug help',
    git: 'clone init add commit push pull fetch checkout branch merge rebase reset status log diff show tag remote config submodule rm mv stash clean describe archive lfs apply am worktree switch restore',
    go: 'build install get mod test run vet fmt env generate list tool version work clean doc fix bug',
    cargo:
      'build install check test run fetch update clean new init add remove doc bench publish vendor fmt clippy chef',
    gem: 'install update uninstall list build push search sources cleanup pristine environment fetch',
    composer: 'install update require remove dump-autoload create-project global config validate',
  }).map(([name, words]) => [name, words.split(' ')]),
);

/** Words of commands that may stand before another command. */
const BEFORE = new Set(['sudo', 'exec', 'time', 'env', 'then', 'do', 'else', '!', '{', '(']);
const MOST_TEXT = 64 * 1024;

/** A hint that comes from what was called and what it said. */
export function commandHint(failed: FailedRun): string | undefined {
  const commands = simpleCommands(failed);
  return misspelled(commands) ?? packageHint(failed, commands);
}

/** The first words of each command of a text, as far as one can tell without being a shell. */
function simpleCommands({ argv, script }: FailedRun): string[][] {
  if (script === undefined) return [[...argv]];
  return script
    .slice(0, MOST_TEXT)
    .split(/\n|;|&&|\|\||\||&/)
    .map((command) => {
      const words = command.trim().split(/\s+/);
      let at = 0;
      while (BEFORE.has(words[at] ?? '') || /^\w+=/.test(words[at] ?? '')) at += 1;
      return words.slice(at);
    })
    .filter((words) => words[0] !== undefined && words[0] !== '');
}

function misspelled(commands: readonly string[][]): string | undefined {
  for (const [program = '', ...rest] of commands) {
    const name = program.slice(program.lastIndexOf('/') + 1);
    const known = SUB_COMMANDS.get(name);
    const word = rest.find((one) => !one.startsWith('-'));
    // `-o Name=value`: a word behind a flag may be its value.
    if (!known || word === undefined || !/^[a-z-]+$/.test(word)) continue;
    const near = closest(word, known);
    if (near !== undefined) return `Did you mean '${name} ${near}'?`;
  }
  return undefined;
}

function packageHint({ output }: FailedRun, commands: readonly string[][]): string | undefined {
  const calls = (program: RegExp, word: string): boolean =>
    commands.some(([name = '', ...rest]) => program.test(name) && rest.includes(word));
  const apt = /^apt(?:-get)?$/;
  if (/^(?:Do you want to continue|Is this ok|Continue\?)[^\n]*\[[yY]\/[^\n]*/m.test(output)) {
    const tool = commands.find(([name = '']) => SUB_COMMANDS.has(name))?.[0] ?? 'apt-get';
    const flag = tool === 'zypper' ? `${tool} --non-interactive` : `${tool} install -y`;
    return `Nobody is there to answer: '${flag}'.`;
  }
  if (
    /^E: (?:Unable to locate package|Package '[^']*' has no installation candidate)/m.test(output)
  ) {
    const name = /Unable to locate package (\S+)/.exec(output)?.[1];
    return calls(apt, 'update')
      ? `No source of packages has ${name ?? 'it'}: look at the spelling and at the release of the image.`
      : "The lists of packages are not in the image: 'apt-get update && apt-get install -y …' in one RUN.";
  }
  if (/^E: Failed to fetch [^\n]*404/m.test(output) && !calls(apt, 'update')) {
    return "The lists of packages are old: 'apt-get update && apt-get install -y …' in one RUN.";
  }
  if (/\(no such package\)/.test(output)) {
    const fresh = commands.some(
      ([name, ...rest]) =>
        name === 'apk' &&
        (rest.includes('update') || rest.includes('--no-cache') || rest.includes('-U')),
    );
    return fresh
      ? 'No repository has it: look at the spelling, and at pkgs.alpinelinux.org for its name.'
      : "The index of packages is not in the image: 'apk add --no-cache …' fetches it.";
  }
  return undefined;
}
