import { goQuote } from '../../base/go-quote.ts';
import { StaveError } from '../../base/errors.ts';
import { parsePlatform, type Platform } from '../../oci/platform.ts';
import type { EscapeCharacter } from '../ast.ts';
import { ExpansionError } from '../errors.ts';
import { expandWord } from '../expand.ts';
import { finding, type LintWarning } from './rule.ts';
import { constantText, type Subject } from './subject.ts';

const MARK = 'linux/the-target';
/** Fills in what a short form leaves out; only the parts that are written matter here. */
const ANY: Platform = { os: 'linux', architecture: 'amd64' };

/** RedundantTargetPlatform, FromPlatformFlagConstDisallowed. */
export function platforms({ stages, escape }: Subject): LintWarning[] {
  return stages.flatMap(({ from, index }) => {
    if (!from.platform) return [];
    const at = { span: from.span, stage: index };
    const { raw } = from.platform;
    if (isTargetPlatform(raw, escape)) {
      return [
        finding(
          'RedundantTargetPlatform',
          `Setting platform to predefined ${raw} in FROM is redundant as this is the default behavior`,
          at,
        ),
      ];
    }
    const constant = constantText(raw, escape);
    const platform = constant === undefined ? undefined : platformOf(constant);
    if (constant === undefined || !platform) return [];
    const stage = from.as ?? '';
    if (stage.includes(platform.os) || stage.includes(platform.architecture)) return [];
    return [
      finding(
        'FromPlatformFlagConstDisallowed',
        `FROM --platform flag should not use constant value ${goQuote(constant)}`,
        at,
      ),
    ];
  });
}

function isTargetPlatform(raw: string, escape: EscapeCharacter): boolean {
  const used = new Set<string>();
  const unset = new Set<string>();
  try {
    const lookup = (name: string) => (name === 'TARGETPLATFORM' ? MARK : undefined);
    return expandWord(raw, lookup, { escape, used, unset }) === MARK && unset.size === 0;
  } catch (error) {
    if (error instanceof ExpansionError) return false;
    throw error;
  }
}

function platformOf(text: string): Platform | undefined {
  try {
    return parsePlatform(text, ANY);
  } catch (error) {
    // A platform that does not exist is an error of its own, told when the stage is built.
    if (error instanceof StaveError) return undefined;
    throw error;
  }
}
