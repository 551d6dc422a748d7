import type { ImageTree, TreeFacts } from '../engine/image-trees.ts';
import { formatPlatform } from '../oci/platform.ts';
import { alignTabs } from './table.ts';
import { humanSize, shortId } from './units.ts';

const TITLES = ['IMAGE', 'ID', 'DISK USAGE', 'CONTENT SIZE', 'EXTRA'];

/** The table of `image ls --tree`: the names of an image below one another, then its platforms. */
export function treeTable(
  trees: readonly ImageTree[],
  options: { readonly truncate: boolean; readonly heading: boolean },
): string {
  const cells = (name: string, { id, size, content, inUse }: TreeFacts): string =>
    [
      name,
      options.truncate ? shortId(id) : id,
      humanSize(size, 3),
      humanSize(content, 3),
      inUse ? 'in use' : '',
    ].join('\t');
  const lines = trees.flatMap((tree) => {
    const [last = '<untagged>', ...others] = tree.names.toReversed();
    return [
      ...others.toReversed().map((name) => `${name}\t\t\t\t`),
      cells(last, tree),
      ...tree.platforms.map((member, at) => {
        const branch = at === tree.platforms.length - 1 ? '└─' : '├─';
        return cells(`${branch} ${formatPlatform(member.platform)}`, member);
      }),
    ];
  });
  const all = options.heading ? [TITLES.join('\t'), ...lines] : lines;
  return alignTabs(all.map((line) => `${line}\n`).join('')).replace(/ +$/gm, '');
}
