import { COMMANDS, GROUPS } from './command-index.ts';
import { groupMembers } from './find-command.ts';
import { didYouMean, suggest } from './suggest.ts';

/** Programs whose command lines are pasted behind `stave`. */
const OTHERS = new Set(['docker', 'podman', 'nerdctl', 'buildah', 'stave', 'sudo']);

const LATER = new Set(
  (
    'attach commit cp create exec kill logs pause plugin port rename restart start stats stop top trust ' +
    'unpause update volume wait'
  ).split(' '),
);
const MOUNTS = new Set(['mount', 'umount', 'unmount']);
const SWARM = new Set(['config', 'node', 'secret', 'service', 'stack', 'swarm']);

/** One sentence on what may have been meant by a command that there is not; undefined where nothing is known. */
export function commandAdvice(
  words: readonly string[],
  group: string | undefined,
): string | undefined {
  const place = group === undefined ? 'stave' : `stave ${group}`;
  const [wanted = '', ...rest] = words.slice(group === undefined ? 0 : group.split(' ').length);
  if (group === undefined && OTHERS.has(wanted)) {
    return `Leave '${wanted}' out: ${['stave', ...rest.filter((one) => !OTHERS.has(one))].join(' ')}`;
  }
  if (group === undefined && SWARM.has(wanted))
    return 'There are no clusters: stave is for one machine.';
  const isThere = group === undefined || group === 'container' || group === 'system';
  if (isThere && LATER.has(wanted)) return `${wanted} is not available in this version.`;
  if ((group === undefined || group === 'image') && MOUNTS.has(wanted)) {
    return "Images are not mounted: 'echo FROM IMAGE | stave build -o DIR -' writes their files into a directory.";
  }
  const near = suggest(wanted, group === undefined ? topLevel() : membersOf(group));
  if (near.length > 0) return didYouMean(near.map((name) => `${place} ${name}`));
  // `stave image ps`, `stave container images`: the word is right, the group is not.
  const elsewhere = COMMANDS.find(({ name, aliases }) => [name, ...aliases].includes(wanted));
  if (group !== undefined) return elsewhere ? didYouMean([`stave ${wanted}`]) : undefined;
  // `stave df`, `stave prune`: the word wants a group.
  const grouped = Object.keys(GROUPS).filter((name) => membersOf(name).includes(wanted));
  return grouped.length > 0
    ? didYouMean(grouped.map((name) => `stave ${name} ${wanted}`))
    : undefined;
}

function topLevel(): string[] {
  const names = COMMANDS.flatMap((entry) => [entry.name, ...entry.aliases]);
  return [...names, ...Object.keys(GROUPS)].filter((name) => !name.includes(' '));
}

function membersOf(group: string): string[] {
  return groupMembers(group).map(([word]) => word);
}
