import type { Span } from '../ast.ts';

/** A finding of the checks: plain data, ready for `--check --format json`. */
export interface LintWarning {
  readonly ruleName: RuleName;
  /** What the rule is about: the same for every finding of it. */
  readonly description: string;
  /** Page that explains the rule; empty for rules that only stave has. */
  readonly url: string;
  /** What was found here. */
  readonly detail: string;
  readonly span: Span;
  /** Index of the stage whose building would show it; absent for what is said about the file. */
  readonly stage?: number;
}

/**
 * Rules by name, with what they are about. Those that need more than the text are looked at while
 * a Dockerfile is evaluated.
 */
const RULES = {
  StageNameCasing: 'Stage names should be lowercase',
  FromAsCasing: "The 'as' keyword should match the case of the 'from' keyword",
  NoEmptyContinuation: 'Empty continuation lines will become errors in a future release',
  ConsistentInstructionCasing:
    'All commands within the Dockerfile should use the same casing (either upper or lower)',
  DuplicateStageName: 'Stage names should be unique',
  ReservedStageName: 'Reserved words should not be used as stage names',
  JSONArgsRecommended:
    'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
  MaintainerDeprecated:
    'The MAINTAINER instruction is deprecated, use a label instead to define an image author',
  UndefinedArgInFrom: 'FROM command must use declared ARGs',
  WorkdirRelativePath:
    'Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes',
  UndefinedVar: 'Variables should be defined before their use',
  MultipleInstructionsDisallowed:
    'Multiple instructions of the same type should not be used in the same stage',
  LegacyKeyValueFormat: 'Legacy key/value format with whitespace separator should not be used',
  InvalidBaseImagePlatform: 'Base image platform does not match expected target platform',
  RedundantTargetPlatform:
    'Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
  SecretsUsedInArgOrEnv: 'Sensitive data should not be used in the ARG or ENV commands',
  InvalidDefaultArgInFrom:
    'Default value for global ARG results in an empty or invalid base image name',
  FromPlatformFlagConstDisallowed: 'FROM --platform flag should not use a constant value',
  CopyIgnoredFile: 'Attempting to Copy file that is excluded by .dockerignore',
  InvalidDefinitionDescription:
    'Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.',
  ExposeProtoCasing: 'Protocol in EXPOSE instruction should be lowercase',
  ExposeInvalidFormat:
    'IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release',
  MisspelledDirective: 'A comment at the top looks like a parser directive but is none',
  // What the finished image tells.
  ProgramNotFound: 'ENTRYPOINT, CMD and HEALTHCHECK should name programs that the image has',
  ProgramNotExecutable: 'ENTRYPOINT, CMD and HEALTHCHECK should name files that can be run',
  MissingInterpreter: 'The image should have the interpreter that its program asks for',
  MissingLibrary: 'The image should have the shared libraries that its program asks for',
  ShellFormWithoutShell: 'Shell form needs a shell in the image',
  UnknownUser: 'USER should be a number or a user that the image knows',
  RootUser: 'An image should not run as root',
  BuildToolsInFinalStage: 'Compilers and package managers should stay in the stages that build',
  WorldWritableFile: 'Files should not be writable for everybody',
  SetuidFileAdded: 'Programs that run with the rights of their owner should not be added',
  UnpinnedBaseImage: 'A base image should be named with a tag or digest that stays',
} as const;

/** Name of a rule, as `check=skip=` takes it. */
export type RuleName = keyof typeof RULES;

/** Rules without a page of their own elsewhere. */
const OWN: ReadonlySet<RuleName> = new Set([
  'MisspelledDirective',
  'ProgramNotFound',
  'ProgramNotExecutable',
  'MissingInterpreter',
  'MissingLibrary',
  'ShellFormWithoutShell',
  'UnknownUser',
  'RootUser',
  'BuildToolsInFinalStage',
  'WorldWritableFile',
  'SetuidFileAdded',
  'UnpinnedBaseImage',
]);

/** Rules that are off until `check=experimental=` names them. */
export const EXPERIMENTAL: ReadonlySet<RuleName> = new Set([
  'InvalidDefinitionDescription',
  'UnpinnedBaseImage',
]);

/** A rule, for reports that list them all. */
export interface Rule {
  readonly name: RuleName;
  readonly description: string;
  readonly url: string;
}

/** All rules, in the order in which their documentation lists them. */
export function allRules(): Rule[] {
  return (Object.keys(RULES) as RuleName[]).map(ruleOf);
}

/** One of {@link allRules}. */
export function ruleOf(name: RuleName): Rule {
  const page = name.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase();
  return {
    name,
    description: RULES[name],
    url: OWN.has(name) ? '' : `https://docs.docker.com/go/dockerfile/rule/${page}/`,
  };
}

/**
 * A finding of a rule.
 *
 * @see https://docs.docker.com/reference/build-checks/
 */
export function finding(
  ruleName: RuleName,
  detail: string,
  at: { readonly span: Span; readonly stage?: number },
): LintWarning {
  const { description, url } = ruleOf(ruleName);
  return {
    ruleName,
    description,
    url,
    detail,
    span: at.span,
    ...(at.stage !== undefined && { stage: at.stage }),
  };
}
