import { posix } from 'node:path';
import type { StackView } from '../../snapshot/stack-view.ts';
import type { ExecOp } from '../graph.ts';
import { failureHint, type FailedRun } from '../failure-hints.ts';

/** What is looked at of an image's PATH. */
const MOST_DIRECTORIES = 20;
const MOST_PROGRAMS = 20_000;

/** A hint for a RUN that failed, from what it said and what the image below it holds. */
export function runHint(
  op: ExecOp,
  view: StackView,
  failed: Pick<FailedRun, 'end' | 'output' | 'foreign'>,
): string | undefined {
  const { argv, network, user } = op;
  // The shell form, or its like in JSON: the text stands behind `-c`.
  const script = /^-[a-z]*c$/.test(argv.at(-2) ?? '') ? argv.at(-1) : undefined;
  return failureHint({
    ...failed,
    argv,
    network,
    user: user.split(':', 1)[0] ?? '',
    ...(script !== undefined && { script }),
    programs: () => programsIn(op, view),
  });
}

/** Names of the files in the directories of PATH. */
function programsIn({ env, cwd }: ExecOp, view: StackView): ReadonlySet<string> {
  const path = env.find(({ name }) => name === 'PATH')?.value ?? '';
  const names = new Set<string>();
  for (const directory of path.split(':').slice(0, MOST_DIRECTORIES)) {
    for (const name of namesIn(view, posix.resolve('/', cwd, directory))) {
      if (names.size >= MOST_PROGRAMS) return names;
      names.add(name);
    }
  }
  return names;
}

function namesIn(view: StackView, path: string): string[] {
  try {
    const directory = view.find(path);
    if (directory?.kind !== 'directory') return [];
    return view.list(directory).map((entry) => posix.basename(entry.path.toString()));
  } catch {
    // A hint is not worth a failure of its own.
    return [];
  }
}
