import { isRandom } from '../../build/leaks/worth.ts';

/** Something found in a text. */
export interface Found {
  readonly rule: string;
  readonly description: string;
  /** All of it: not to be shown. */
  readonly value: string;
  /** Where in the text. */
  readonly at: number;
}

/** A kind of token that is known by how it looks. */
interface Shape {
  readonly rule: string;
  readonly description: string;
  /** Every one of them has one of these in it; four bytes at least. */
  readonly anchors: readonly string[];
  readonly pattern: RegExp;
  /** Whether the first group, or else all, can be real. */
  readonly real: (body: string) => boolean;
}

/** Bytes of a token that lie before its anchor, and from it on, at most. */
export const BEFORE_ANCHOR = 48;
export const FROM_ANCHOR = 320;

const drawn = (body: string): boolean => isRandom(body) && !/EXAMPLE|X{4}|0{7}/i.test(body);
const varied = (body: string): boolean => new Set(body).size > 6 && !/EXAMPLE|X{4}/.test(body);

/**
 * Tokens that tell themselves by a prefix that their makers chose for that.
 *
 * @see https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
export const SHAPES: readonly Shape[] = [
  {
    rule: 'PrivateKey',
    description: 'a private key',
    anchors: ['PRIVATE KEY'],
    pattern:
      /-----BEGIN (?:[A-Z]{2,8} )?PRIVATE KEY(?: BLOCK)?-----(?:\r?\n|\\n)(?:[A-Za-z][\w-]{1,20}: [^\n]{0,80}\n|\r?\n){0,4}([A-Za-z0-9+/]{32,})/g,
    real: varied,
  },
  {
    rule: 'AwsAccessKey',
    description: 'an AWS access key',
    anchors: ['AKIA', 'ASIA'],
    pattern: /(?<![A-Za-z0-9+/])(?:AKIA|ASIA)([A-Z2-7]{16})(?![A-Za-z0-9+/])/g,
    real: varied,
  },
  {
    rule: 'GitHubToken',
    description: 'a GitHub token',
    anchors: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    pattern: /(?<![A-Za-z0-9])(?:gh[pousr]_([A-Za-z0-9]{36,251})|github_pat_(\w{60,255}))(?!\w)/g,
    real: drawn,
  },
  {
    rule: 'GitLabToken',
    description: 'a GitLab token',
    anchors: ['glpat-', 'gldt-', 'glrt-', 'glptt-'],
    pattern: /(?<!\w)gl(?:pat|dt|rt|ptt)-([\w-]{20,200})(?![\w-])/g,
    real: drawn,
  },
  {
    rule: 'NpmToken',
    description: 'an npm token',
    anchors: ['npm_'],
    pattern: /(?<!\w)npm_([A-Za-z0-9]{36})(?!\w)/g,
    real: drawn,
  },
  {
    rule: 'SlackToken',
    description: 'a Slack token',
    anchors: ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'hooks.slack.com/services/'],
    pattern:
      /(?<!\w)xox[abprs]-([0-9A-Za-z-]{20,200})|hooks\.slack\.com\/services\/(T\w{8,}\/B\w{8,}\/\w{20,})/g,
    real: drawn,
  },
  {
    rule: 'StripeKey',
    description: 'a Stripe key',
    anchors: ['sk_live_', 'rk_live_'],
    pattern: /(?<!\w)[sr]k_live_([0-9A-Za-z]{24,250})(?!\w)/g,
    real: drawn,
  },
  {
    rule: 'GoogleApiKey',
    description: 'a Google API key',
    anchors: ['AIza'],
    pattern: /(?<![\w-])AIza([\w-]{35})(?![\w-])/g,
    real: drawn,
  },
  {
    rule: 'DockerToken',
    description: 'a Docker Hub token',
    anchors: ['dckr_pat_', 'dckr_oat_'],
    pattern: /(?<!\w)dckr_[po]at_([\w-]{27,60})(?![\w-])/g,
    real: drawn,
  },
  {
    rule: 'PypiToken',
    description: 'a PyPI token',
    anchors: ['pypi-AgEIcHlwaS5vcmc'],
    pattern: /(?<!\w)pypi-AgEIcHlwaS5vcmc([\w-]{50,250})/g,
    real: drawn,
  },
];

/** Tokens in a text, by their shapes. */
export function tokensIn(text: string): Found[] {
  return SHAPES.flatMap(({ rule, description, anchors, pattern, real }) => {
    if (!anchors.some((anchor) => text.includes(anchor))) return [];
    return [...text.matchAll(pattern)].flatMap((match) => {
      const body = match.slice(1).find((group) => group !== undefined) ?? match[0];
      return real(body) ? [{ rule, description, value: match[0], at: match.index }] : [];
    });
  });
}

/** The beginning of a value, so that people know which one it is; what is short shows nothing. */
export function masked(value: string): string {
  if (value.startsWith('-----BEGIN')) return `${value.split(/\n|\\n/, 1)[0]}***`.slice(0, 60);
  const prefix =
    /^(?:gh[pousr]_|github_pat_|gl[a-z]{2,3}-|npm_|xox[a-z]-|[sr]k_live_|dckr_[po]at_|pypi-|AKIA|ASIA|AIza)/.exec(
      value,
    )?.[0];
  if (value.length < 12) return '***';
  return `${prefix ?? value.slice(0, 2)}***`;
}
