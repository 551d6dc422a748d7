import type { ImageLintFinding } from '../../engine/audit-types.ts';
import { allRules } from '../../engine/dockerfile-calls.ts';
import type { CheckReport, Span } from '../../engine/dockerfile-types.ts';

/** A rule as reports list it. */
interface Rule {
  readonly name: string;
  readonly description: string;
  readonly url: string;
}

/** The rule under which a Dockerfile that cannot be built is reported. */
const BUILD_ERROR = {
  name: 'BuildError',
  description: 'The Dockerfile cannot be built',
  url: '',
};

/**
 * A check's report in the form that code hosts read. `file` is the Dockerfile's path relative to
 * the working directory, or an absolute one.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function checkSarif(report: CheckReport, file: string, version: string): unknown {
  const rules: readonly Rule[] = [...allRules(), BUILD_ERROR];
  const indexes = new Map<string, number>(rules.map(({ name }, index) => [name, index]));
  const { warnings, error, strict, source } = report;
  const lines = source.text.split('\n');
  const uri =
    (file.startsWith('/') ? 'file://' : '') + file.split('/').map(encodeURIComponent).join('/');
  const result = (rule: string, text: string, span: Span | undefined, level: string) => ({
    ruleId: rule,
    ruleIndex: indexes.get(rule),
    level,
    message: { text },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri, index: 0 },
          ...(span && { region: region(span, lines) }),
        },
      },
    ],
  });
  return sarif(
    { rules, version },
    [{ location: { uri }, sourceLanguage: 'dockerfile' }],
    [
      ...warnings.map(({ ruleName, detail, span }) =>
        result(ruleName, detail, span, strict ? 'error' : 'warning'),
      ),
      ...(error ? [result(BUILD_ERROR.name, error.message, error.span, 'error')] : []),
    ],
  );
}

/** Findings of an image in the same form: what they are about is the image, or a layer of it. */
export function imageSarif(
  found: readonly ImageLintFinding[],
  image: string,
  version: string,
): unknown {
  const rules = allRules();
  const results = found.map(({ ruleName, detail, layer, origin }) => ({
    ruleId: ruleName,
    ruleIndex: rules.findIndex(({ name }) => name === ruleName),
    level: 'warning',
    message: { text: detail },
    locations: [
      {
        logicalLocations: [
          { name: image, kind: 'resource' },
          ...(layer === undefined ? [] : [{ name: layer, kind: 'resource' }]),
        ],
        ...(origin && {
          physicalLocation: {
            artifactLocation: { uri: `file://${encodeURI(origin.file)}` },
            region: { startLine: origin.line },
          },
        }),
      },
    ],
  }));
  return sarif({ rules, version }, [], results);
}

/** The document around results. */
function sarif(
  { rules, version }: { readonly rules: readonly Rule[]; readonly version: string },
  artifacts: readonly unknown[],
  results: readonly unknown[],
): unknown {
  return {
    $schema:
      'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'stave',
            version,
            rules: rules.map(({ name, description, url }) => ({
              id: name,
              name,
              shortDescription: { text: description },
              ...(url !== '' && { helpUri: url }),
              defaultConfiguration: { level: name === BUILD_ERROR.name ? 'error' : 'warning' },
            })),
          },
        },
        artifacts,
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  };
}

/** Columns only where they say more than "the whole line". */
function region({ start, end }: Span, lines: readonly string[]): Readonly<Record<string, unknown>> {
  const from = lines.slice(start.line - 1, end.line).join('\n');
  return {
    startLine: start.line,
    endLine: Math.max(start.line, end.line),
    ...(end.line >= start.line &&
      end.column > 1 && { startColumn: start.column, endColumn: end.column }),
    ...(from !== '' && { snippet: { text: from } }),
  };
}
