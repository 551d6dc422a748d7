import { goQuote } from '../../base/go-quote.ts';
import { closest } from '../../base/suggest.ts';
import { InstructionValueError } from '../errors.ts';
import { EXPERIMENTAL, type LintWarning } from './rule.ts';

/** Which rules are looked at, and what a finding means. */
export interface CheckOptions {
  readonly skip: 'all' | ReadonlySet<string>;
  readonly experimental: 'all' | ReadonlySet<string>;
  /** A finding fails the build. */
  readonly error: boolean;
}

const OPTIONS = ['skip', 'experimental', 'error'];

/** Every rule that is not experimental; findings are warnings. */
export const DEFAULT_CHECKS: CheckOptions = {
  skip: new Set(),
  experimental: new Set(),
  error: false,
};

/**
 * Reads `skip=<A,B|all>;error=<bool>;experimental=<A,B|all>`, the value of the `check` directive
 * and of the build argument `BUILDKIT_DOCKERFILE_CHECK`. Throws {@link InstructionValueError}.
 */
export function parseChecks(text: string): CheckOptions {
  let options = DEFAULT_CHECKS;
  if (text.trim() === '') return options;
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    const key = equals < 0 ? part : part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    if (equals < 0 || !OPTIONS.includes(key)) {
      const near = closest(key, OPTIONS);
      const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
      throw new InstructionValueError(
        `failed to parse check options: invalid check option ${goQuote(key)}${hint}`,
      );
    }
    if (key === 'error') options = { ...options, error: boolean(part, value) };
    else options = { ...options, [key]: value === 'all' ? 'all' : names(value) };
  }
  return options;
}

/** The findings that the options let through. */
export function checked(
  warnings: readonly LintWarning[],
  options: CheckOptions,
): readonly LintWarning[] {
  const { skip, experimental } = options;
  return warnings.filter(({ ruleName }) =>
    EXPERIMENTAL.has(ruleName)
      ? experimental === 'all' || experimental.has(ruleName)
      : skip !== 'all' && !skip.has(ruleName),
  );
}

/** What fails the build when findings are errors. */
export function violation(warnings: readonly LintWarning[]): string {
  const rules = new Set(warnings.map((warning) => warning.ruleName));
  return `lint violation found for rules: ${[...rules].join(', ')}`;
}

/** Both sets of options together: what one of them skips or turns on counts. */
export function mergeChecks(one: CheckOptions, other: CheckOptions): CheckOptions {
  return {
    skip: union(one.skip, other.skip),
    experimental: union(one.experimental, other.experimental),
    error: one.error,
  };
}

function union(one: CheckOptions['skip'], other: CheckOptions['skip']): CheckOptions['skip'] {
  return one === 'all' || other === 'all' ? 'all' : one.union(other);
}

function names(value: string): ReadonlySet<string> {
  return new Set(value.split(',').map((name) => name.trim()));
}

function boolean(part: string, value: string): boolean {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw new InstructionValueError(
    `failed to parse check options: failed to parse check option ${goQuote(part)}: strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax`,
  );
}
