import type { CallOptions } from '../../base/progress.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import type { AuditFinding, AuditLayer, AuditReport } from '../audit-types.ts';
import { findIn } from '../images/find.ts';
import { auditConfig } from './config.ts';
import { layerAudit } from './layer.ts';
import { masked } from './shapes.ts';

/** Findings that are told. */
const MOST = 1000;

/**
 * Looks for credentials in an image, whoever made it: in its variables, labels, commands and
 * history, and in the files of each layer, those too that a later layer deletes. Each layer is
 * read once. Throws ImageNotFoundError, AmbiguousImageError, PlatformNotFoundError.
 */
export async function auditImage(
  name: string,
  { store, snapshotter }: { readonly store: Store; readonly snapshotter: Snapshotter },
  { platform, ...call }: CallOptions & { readonly platform?: Platform | undefined },
): Promise<AuditReport> {
  // Reading all layers takes a while, in which somebody may remove the image.
  using lease = store.lease('audit');
  const { image, stack, origins } = store.note((tables) => {
    const { image } = findIn(tables, name, platform);
    lease.hold('image', image.id);
    const { chain } = image;
    return {
      image,
      stack: chain === undefined ? [] : (tables.layers.stack(chain) ?? []),
      origins: chain === undefined ? [] : tables.layers.origins(chain),
    };
  });
  const config = parseConfig(store.blobs.readSync(image.id));
  const steps = (config.history ?? []).filter((step) => step.empty_layer !== true);
  const findings: AuditFinding[] = auditConfig(config);
  const layers = stack.map(({ diffId }, at): AuditLayer => {
    const origin = origins[at];
    return {
      diffId,
      position: at + 1,
      createdBy: steps[at]?.created_by ?? origin?.instruction ?? '',
      ...(origin?.file !== undefined &&
        origin.firstLine !== undefined && {
          origin: { file: origin.file, line: origin.firstLine },
        }),
    };
  });
  let truncated = false;
  for (const layer of layers) {
    await snapshotter.walk(
      layer.diffId,
      layerAudit((path, { rule, description, value }, line) => {
        truncated ||= findings.length >= MOST;
        if (findings.length >= MOST) return;
        const at = line !== undefined && { line };
        const where = `/${path}`;
        findings.push({
          rule,
          description,
          place: 'file',
          where,
          value: masked(value),
          ...at,
          layer,
        });
      }),
      call,
    );
  }
  return { findings: hidden(findings, layers, snapshotter), layers: layers.length, truncated };
}

/** Says of files that a later layer deletes or replaces which one does. */
function hidden(
  findings: readonly AuditFinding[],
  layers: readonly AuditLayer[],
  snapshotter: Snapshotter,
): AuditFinding[] {
  const open = new Set(findings.filter(({ layer }) => layer));
  const by = new Map<AuditFinding, number>();
  const hide = (position: number, is: (path: string) => boolean): void => {
    for (const finding of open) {
      if ((finding.layer?.position ?? position) >= position || !is(finding.where)) continue;
      by.set(finding, position);
      open.delete(finding);
    }
  };
  const paths = new Set(findings.map(({ where }) => where));
  for (const { diffId, position } of layers) {
    if (open.size === 0) break;
    for (const { path, type } of snapshotter.files(diffId)) {
      const name = `/${Buffer.from(path).toString()}`;
      if (type === 'whiteout') hide(position, (one) => one === name || one.startsWith(`${name}/`));
      else if (type === 'opaque')
        hide(position, (one) => one.startsWith(name === '/' ? '/' : `${name}/`));
      else if (type !== 'directory' && paths.has(name)) hide(position, (one) => one === name);
    }
  }
  return findings.map((finding) => {
    const hiddenBy = by.get(finding);
    const { layer } = finding;
    return hiddenBy === undefined || !layer
      ? finding
      : { ...finding, layer: { ...layer, hiddenBy } };
  });
}
