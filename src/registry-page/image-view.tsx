import { useState } from 'preact/hooks';
import type { ImageAnswer, Sizes } from '../registry-server/page/api-types.ts';
import { all, ask } from './api.ts';
import { ArtifactContent } from './artifact.tsx';
import { bytes, shown } from './format.ts';
import { DeleteButtons } from './delete.tsx';
import { ImageParts } from './image-parts.tsx';
import { artifactKind } from './kinds.ts';
import { useLoad } from './load.ts';
import { Commands, Digest, Pairs, Problem, Section } from './parts.tsx';
import { Platforms } from './platforms.tsx';
import { Referrers } from './referrers.tsx';
import { linkTo } from './route.ts';
import { TagLog } from './tag-log.tsx';

interface Props {
  readonly name: string;
  /** A tag or a digest. */
  readonly reference: string;
  /** The digest of an entry, of an index. */
  readonly platform: string | undefined;
}

/** Asks for all that there is to see of a reference. */
function useImage(name: string, reference: string | undefined) {
  return useLoad(`${name} ${reference ?? ''}`, async () =>
    reference === undefined
      ? undefined
      : ask<ImageAnswer>(`/api/images/${name}/${reference}`, all(name)),
  );
}

/** What a tag or a digest means. */
export function ImageView({ name, reference, platform }: Props) {
  const { data, error } = useImage(name, reference);
  const isTag = !reference.includes(':');
  return (
    <>
      <nav class="crumbs" aria-label="Path">
        <a href="#/">Repositories</a>
        <a href={linkTo(name)}>{name}</a>
      </nav>
      <div class="title">
        <h1>
          <span class="dim">{name}</span>
          {isTag ? `:${reference}` : `@${reference.slice(0, 19)}…`}
        </h1>
        {data?.mayDelete === true && (
          <DeleteButtons name={name} tag={isTag ? reference : undefined} digest={data.digest} />
        )}
      </div>
      {error && <Problem error={error} />}
      {!data && !error && <p class="wait">Loading…</p>}
      {data && <Facts name={name} reference={reference} answer={data} />}
      {data?.kind === 'index' && (
        <Index
          key={data.digest}
          name={name}
          reference={reference}
          platform={platform}
          answer={data}
        />
      )}
      {data && data.kind !== 'index' && <Content name={name} answer={data} />}
      {data && <Referrers name={name} digest={data.digest} attached={data.attached} />}
      {data && data.annotations.length > 0 && (
        <Section title="Annotations">
          <Pairs rows={data.annotations.map(([key, value]) => [key, shown(value)] as const)} />
        </Section>
      )}
      {data && isTag && <TagLog name={name} tag={reference} />}
    </>
  );
}

function Facts({
  name,
  reference,
  answer,
}: {
  readonly name: string;
  readonly reference: string;
  readonly answer: ImageAnswer;
}) {
  const place = `${location.host}/${name}`;
  const own = reference.includes(':') ? `${place}@${reference}` : `${place}:${reference}`;
  const byDigest = `${place}@${answer.digest}`;
  const isArtifact = answer.kind === 'artifact';
  const lines = isArtifact
    ? [`oras pull ${own}`]
    : [
        `stave pull ${own}`,
        `docker pull ${own}`,
        ...(own === byDigest ? [] : [`stave pull ${byDigest}`]),
      ];
  const kind = { image: 'Image', index: 'Images for several platforms', artifact: '' }[answer.kind];
  return (
    <div class="card facts">
      <ul class="figures">
        <li>
          <strong>{bytes(answer.size)}</strong>
          <span>{kind === '' ? artifactKind(answer.artifactType) : kind}</span>
        </li>
        <li>
          <Digest digest={answer.digest} />
          <span class="break">{answer.mediaType}</span>
        </li>
      </ul>
      <Commands lines={lines} />
    </div>
  );
}

/** An index, and the image in it that is looked at. */
function Index({ name, reference, platform, answer }: Props & { readonly answer: ImageAnswer }) {
  const rows = answer.platforms;
  const chosen =
    rows.find(({ digest }) => digest === platform) ??
    rows.find(({ platform: one }) => one?.startsWith('linux/amd64') === true) ??
    rows.find(({ platform: one }) => one !== undefined) ??
    rows[0];
  const { data, error } = useImage(name, chosen?.size === undefined ? undefined : chosen.digest);
  return (
    <>
      <Platforms name={name} reference={reference} rows={rows} chosen={chosen?.digest} />
      {error && <Problem error={error} />}
      {data && <Content key={data.digest} name={name} answer={data} />}
      {data && data.kind !== 'index' && (
        <Referrers name={name} digest={data.digest} attached={data.attached} isOfPlatform />
      )}
    </>
  );
}

function Content({ name, answer }: { readonly name: string; readonly answer: ImageAnswer }) {
  const [wanted] = useState(name);
  const sizes = useLoad(wanted, () => ask<Sizes>(`/api/sizes/${name}`, all(name)));
  const { image } = answer;
  if (!image) return null;
  return answer.kind === 'image' ? (
    <ImageParts name={name} image={image} shared={sizes.data?.shared} />
  ) : (
    <ArtifactContent name={name} layers={image.layers} />
  );
}
