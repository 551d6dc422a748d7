import type { JudgedImage, Leaf } from './archive.ts';

/** What one builder made of a case. */
export type Outcome =
  | { readonly kind: 'image'; readonly image: JudgedImage }
  | { readonly kind: 'refused'; readonly code: number; readonly message: string };

/** What the two builders are called in the report. */
type Names = readonly [string, string];

const CONFIG_FIELDS = [
  'User',
  'Env',
  'Entrypoint',
  'Cmd',
  'WorkingDir',
  'Labels',
  'ExposedPorts',
  'Volumes',
  'StopSignal',
  'Healthcheck',
  'Shell',
  'OnBuild',
] as const;

const sortedKeys = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, inner]) => [key, sortedKeys(inner)]),
      )
    : value;

/** Absent, null, empty string, empty list and empty map all say "nothing". */
const shown = (value: unknown): string => {
  const text = JSON.stringify(sortedKeys(value ?? null));
  return text === '{}' || text === '[]' || text === '""' ? 'null' : text;
};

function compareConfigs(ours: JudgedImage, theirs: JudgedImage, [A, B]: Names): string[] {
  const fields = CONFIG_FIELDS.map((field) => [
    field,
    shown(ours.config.config?.[field]),
    shown(theirs.config.config?.[field]),
  ]);
  const platform = ['architecture', 'os'].map((field) => [
    field,
    shown(ours.config[field as 'os']),
    shown(theirs.config[field as 'os']),
  ]);
  return [...fields, ...platform]
    .filter(([, a, b]) => a !== b)
    .map(([field, a, b]) => `config ${field}: ${A} ${a}, ${B} ${b}`);
}

function compareHistories(ours: JudgedImage, theirs: JudgedImage, [A, B]: Names): string[] {
  const rows = (image: JudgedImage): string[] =>
    (image.config.history ?? []).map((row) =>
      JSON.stringify([row.created_by ?? '', row.empty_layer ?? false, row.comment ?? '']),
    );
  const a = rows(ours);
  const b = rows(theirs);
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i)
    .filter((i) => a[i] !== b[i])
    .map((i) => `history ${i}: ${A} ${a[i] ?? 'has no row'}, ${B} ${b[i] ?? 'has no row'}`);
}

const LEAF_FIELDS = [
  'type',
  'mode',
  'uid',
  'gid',
  'size',
  'link',
  'device',
  'xattrs',
  'digest',
] as const;

const printed = (field: string, value: string | number): string =>
  field === 'mode' ? (value as number).toString(8) : JSON.stringify(value);

function compareLeaves(path: string, a: Leaf, b: Leaf, since: number, [A, B]: Names): string[] {
  const found = LEAF_FIELDS.filter((field) => a[field] !== b[field]).map(
    (field) =>
      `${path} ${field}: ${A} ${printed(field, a[field])}, ${B} ${printed(field, b[field])}`,
  );
  // Times of this very run differ by nature; older ones were copied and must be the same.
  if (a.mtime !== b.mtime && Math.min(a.mtime, b.mtime) < since) {
    const theirs = b.mtime >= since ? 'the time of the run' : b.mtime;
    found.push(`${path} mtime (${a.type}): ${A} ${a.mtime}, ${B} ${theirs}`);
  }
  return found;
}

function compareTrees(
  ours: JudgedImage,
  theirs: JudgedImage,
  since: number,
  names: Names,
): string[] {
  const [A, B] = names;
  const paths = [...new Set([...ours.tree.keys(), ...theirs.tree.keys()])].sort();
  return paths.flatMap((path) => {
    const a = ours.tree.get(path);
    const b = theirs.tree.get(path);
    if (a === undefined) return [`/${path}: only ${B} has it`];
    if (b === undefined) return [`/${path}: only ${A} has it`];
    return compareLeaves(`/${path}`, a, b, since, names);
  });
}

function compareLayers(ours: JudgedImage, theirs: JudgedImage, [A, B]: Names): string[] {
  if (ours.layers.length !== theirs.layers.length) {
    return [`layers: ${A} ${ours.layers.length}, ${B} ${theirs.layers.length}`];
  }
  return ours.layers.flatMap((layer, i) => {
    const a = [...layer.entries.keys()];
    const b = [...(theirs.layers[i]?.entries.keys() ?? [])];
    const extra = a.filter((path) => !b.includes(path));
    const missing = b.filter((path) => !a.includes(path));
    return [
      ...extra.map((path) => `layer ${i}: only ${A} has an entry for ${JSON.stringify(path)}`),
      ...missing.map((path) => `layer ${i}: only ${B} has an entry for ${JSON.stringify(path)}`),
    ];
  });
}

/**
 * Every difference between two outcomes, one line each.
 *
 * @param since - seconds: later times of files are not compared
 */
export function differences(
  ours: Outcome,
  theirs: Outcome,
  since: number,
  names: Names = ['stave', 'BuildKit'],
): string[] {
  const [A, B] = names;
  if (ours.kind === 'refused' || theirs.kind === 'refused') {
    if (ours.kind === theirs.kind) return [];
    const [who, said] = ours.kind === 'refused' ? [A, ours] : [B, theirs];
    return [`only ${who} refuses: ${said.kind === 'refused' ? said.message : ''}`];
  }
  return [
    ...compareConfigs(ours.image, theirs.image, names),
    ...compareHistories(ours.image, theirs.image, names),
    ...compareTrees(ours.image, theirs.image, since, names),
    ...compareLayers(ours.image, theirs.image, names),
  ];
}

/** How many layers have the same diff ID in both. */
export function equalDiffIds(ours: Outcome, theirs: Outcome): { same: number; of: number } {
  if (ours.kind === 'refused' || theirs.kind === 'refused') return { same: 0, of: 0 };
  const a = ours.image.config.rootfs.diff_ids;
  const b = theirs.image.config.rootfs.diff_ids;
  return { same: a.filter((id, i) => id === b[i]).length, of: a.length };
}
