import { InvalidInputError } from '../../base/errors.ts';
import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { FileTree, type TreeNode } from '../../layer/file-tree.ts';
import type { DiffId } from '../../oci/digest.ts';
import { collectPackages } from '../../sbom/collect.ts';
import type { ImageFiles } from '../../sbom/image-files.ts';
import type { PackageList } from '../../sbom/package.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { StackView } from '../../snapshot/stack-view.ts';

/**
 * The packages of a stack of layers (bottom first), all of which are here. Warns of lists that
 * cannot be read.
 */
export async function packagesOfLayers(
  snapshotter: Snapshotter,
  layers: readonly DiffId[],
  { signal, progress }: CallOptions,
): Promise<PackageList> {
  const tree = new FileTree();
  const pause = breather();
  const breathe = async (): Promise<void> => {
    signal?.throwIfAborted();
    await pause();
  };
  for (const layer of layers) {
    tree.add(snapshotter.files(layer));
    await breathe();
  }
  const list = await collectPackages(filesOf(tree, snapshotter.view(layers)), breathe);
  for (const { path, reason } of list.notRead) {
    const message = `not all packages are listed: ${path}: ${reason}`;
    reporter(progress).warn({ code: 'PackagesNotRead', message });
  }
  return list;
}

/** Names come from the file tables, which is quicker; what is in them comes from the layers. */
function filesOf(tree: FileTree, view: StackView): ImageFiles {
  const find = (path: string): ReturnType<StackView['find']> => {
    try {
      return view.find(Buffer.from(path, 'latin1'));
    } catch (error) {
      // Links that lead in a circle lead to nothing.
      if (!(error instanceof InvalidInputError)) throw error;
      return undefined;
    }
  };
  return {
    paths: (wanted) => leaves(tree.root, wanted),
    read(path, limit) {
      const entry = find(path);
      if (entry?.kind !== 'file') return undefined;
      if (entry.stat.size > limit) {
        throw new InvalidInputError(`it is larger than ${limit} bytes`);
      }
      return view.read(entry.path, limit);
    },
    names(path) {
      const entry = find(path);
      if (entry?.kind !== 'directory') return [];
      return view.list(entry).map((one) => {
        const whole = one.path.toString('latin1');
        return whole.slice(whole.lastIndexOf('/') + 1);
      });
    },
    locate(path) {
      const entry = find(path);
      if (entry?.kind !== 'file') return undefined;
      return { file: entry.file.toString(), size: Number(entry.stat.size) };
    },
  };
}

/** All names but those of directories. */
function* leaves(root: TreeNode, wanted: (path: string) => boolean): Generator<string, void> {
  const todo: [TreeNode, string][] = [[root, '']];
  for (let next = todo.pop(); next; next = todo.pop()) {
    const [node, path] = next;
    for (const [name, child] of node.children ?? []) {
      const below = path === '' ? name : `${path}/${name}`;
      if (child.children) todo.push([child, below]);
      else if (wanted(below)) yield below;
    }
  }
}
