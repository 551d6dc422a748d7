import type { ImageAnswer } from '../registry-server/page/api-types.ts';
import { all, askPage } from './api.ts';
import { bytes, shown } from './format.ts';
import { artifactKind, predicateKind } from './kinds.ts';
import { useList } from './load.ts';
import { Digest, More, Problem, Section, Time } from './parts.tsx';
import { linkTo } from './route.ts';

interface Referrer {
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const PREDICATES = ['dev.sigstore.bundle.predicateType', 'in-toto.io/predicate-type'];

/** Signatures, lists of packages and whatever else refers to a manifest. */
export function Referrers({
  name,
  digest,
  attached,
  isOfPlatform = false,
}: {
  readonly name: string;
  readonly digest: string;
  readonly attached: ImageAnswer['attached'];
  /** It is an image out of an index. */
  readonly isOfPlatform?: boolean;
}) {
  const first = `/v2/${name}/referrers/${digest}?n=50`;
  const { data, error, more } = useList<Referrer, string>(first, async (path = first) => {
    const page = await askPage<{ manifests: readonly Referrer[] }>(path, all(name));
    return { rows: page.data.manifests, next: page.next };
  });
  if (error) return <Problem error={error} />;
  if (!data || data.length + attached.length === 0) return null;
  return (
    <Section
      title={isOfPlatform ? 'Referrers of this platform' : 'Referrers'}
      note="signatures, SBOMs and the like"
    >
      <ul class="rows slim">
        {data.map((row) => (
          <li key={row.digest}>
            <span class="main">
              <a href={linkTo(name, row.digest)}>{kindOf(row)}</a>
              <span class="dim break">{shown(row.artifactType ?? '')}</span>
            </span>
            <span class="aside">
              <Digest digest={row.digest} />
              <span class="number">{bytes(row.size)}</span>
              <Created of={row} />
            </span>
          </li>
        ))}
        {attached.map(({ tag, kind }) => (
          <li key={tag}>
            <span class="main">
              <a href={linkTo(name, tag)}>{kind} (cosign)</a>
              <span class="dim break">by its tag</span>
            </span>
          </li>
        ))}
      </ul>
      <More onMore={more} />
    </Section>
  );
}

function Created({ of: { annotations } }: { readonly of: Referrer }) {
  const at = annotations?.['org.opencontainers.image.created'];
  return at === undefined ? null : <Time at={at} />;
}

function kindOf({ artifactType, annotations }: Referrer): string {
  const predicate = PREDICATES.map((key) => annotations?.[key]).find((one) => one !== undefined);
  return shown(predicate === undefined ? artifactKind(artifactType) : predicateKind(predicate));
}
