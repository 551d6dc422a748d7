import type { PlatformRow } from '../registry-server/page/api-types.ts';
import { bytes } from './format.ts';
import { predicateKind } from './kinds.ts';
import { Section } from './parts.tsx';
import { linkTo } from './route.ts';

/** The images of an index, each with what is claimed of it. */
export function Platforms({
  name,
  reference,
  rows,
  chosen,
}: {
  readonly name: string;
  readonly reference: string;
  readonly rows: readonly PlatformRow[];
  readonly chosen: string | undefined;
}) {
  return (
    <Section title="Platforms">
      <ul class="platforms">
        {rows.map((row) => (
          <li key={row.digest}>
            <a
              href={linkTo(name, reference, row.digest)}
              aria-current={row.digest === chosen ? 'true' : undefined}
            >
              <strong>{row.platform ?? 'other content'}</strong>
              <span>{row.size === undefined ? 'not in this registry' : bytes(row.size)}</span>
            </a>
            {row.attestations.map(({ digest, predicates }) => (
              <a class="claims" key={digest} href={linkTo(name, digest)}>
                {predicates.length === 0
                  ? 'Attestation'
                  : predicates.map((one) => predicateKind(one)).join(', ')}
              </a>
            ))}
          </li>
        ))}
      </ul>
    </Section>
  );
}
