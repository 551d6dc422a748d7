import { goQuote } from '../base/go-quote.ts';
import { holdsOddBytes } from '../base/utf8.ts';
import type {
  ArgInstruction,
  Dockerfile,
  FromInstruction,
  Instruction,
  StageInstruction,
} from './ast.ts';
import { DockerfileError, InstructionValueError } from './errors.ts';
import { typedInstruction } from './instruction.ts';
import { type CheckOptions, parseChecks } from './lint/checks.ts';
import { lint, ownChecks } from './lint/lint.ts';
import { spanOf } from './lines.ts';
import type { LintWarning } from './lint/rule.ts';
import { type InstructionNode, type NodeFile, nodeSource, nodeSpan, readNodes } from './nodes.ts';
import { foreignSyntax } from './syntax.ts';

/** How a Dockerfile is parsed. */
export interface ParseOptions {
  /** Check options that take the place of the file's own: build argument `BUILDKIT_DOCKERFILE_CHECK`. */
  readonly check?: string;
  /** Frontend that takes the place of the one the file asks for: build argument `BUILDKIT_SYNTAX`. */
  readonly syntax?: string;
}

/**
 * Parses a Dockerfile. Nothing is expanded or looked up: all that the text alone says is checked.
 * Throws {@link DockerfileError}, with place and excerpt, for the first thing that is wrong.
 *
 * @see https://docs.docker.com/reference/dockerfile/
 */
export function parseDockerfile(
  source: Uint8Array | string,
  name = 'Dockerfile',
  options: ParseOptions = {},
): Dockerfile {
  const file = readNodes(source, name);
  refuseForeign(file, options.syntax);
  const checks = checksOf(file, options.check);
  const draft: Draft = { globals: [], stages: [], instructions: [] };
  const own = ownChecks(file.nodes);
  const findings = (): readonly LintWarning[] =>
    lint(file, { ...draft, escape: file.escape }, { checks, ownChecks: own });
  for (const node of file.nodes) {
    try {
      place(draft, instructionOf(file, node));
    } catch (error) {
      if (!(error instanceof InstructionValueError)) throw error;
      const { message, at, hint } = error;
      throw new DockerfileError(message, {
        file: name,
        text: file.text,
        span: nodeSpan(file.text, node),
        ...(at && { point: spanOf(node.line, at.start, at.end) }),
        warnings: findings(),
        ...(hint !== undefined && { hint }),
      });
    }
  }
  const { globals, stages } = draft;
  if (stages.length === 0) {
    throw new DockerfileError('dockerfile contains no stages to build', { file: name });
  }
  const { text, directives, escape } = file;
  return {
    name,
    text,
    directives,
    escape,
    globals,
    stages,
    checks,
    ownChecks: own,
    warnings: findings(),
  };
}

interface Draft {
  readonly globals: ArgInstruction[];
  readonly stages: {
    readonly index: number;
    readonly from: FromInstruction;
    readonly body: StageInstruction[];
  }[];
  readonly instructions: Instruction[];
}

function place(draft: Draft, instruction: Instruction): void {
  const { globals, stages, instructions } = draft;
  const stage = stages.at(-1);
  if (instruction.kind === 'FROM') {
    stages.push({ index: stages.length, from: instruction, body: [] });
  } else if (stage) {
    stage.body.push(instruction);
  } else if (instruction.kind === 'ARG') {
    globals.push(instruction);
  } else {
    throw new InstructionValueError('no build stage in current context');
  }
  instructions.push(instruction);
}

function instructionOf(file: NodeFile, node: InstructionNode): Instruction {
  try {
    if (holdsOddBytes(nodeSource(file.text, node))) {
      throw new InstructionValueError('the instruction is not valid UTF-8');
    }
    return typedInstruction(node, file.text);
  } catch (error) {
    if (!(error instanceof InstructionValueError)) throw error;
    const { message, at, hint } = error;
    throw new InstructionValueError(
      `dockerfile parse error on line ${node.line.first}: ${message}`,
      {
        ...(at && { at }),
        hint,
      },
    );
  }
}

function refuseForeign(file: NodeFile, override: string | undefined): void {
  const frontend = foreignSyntax(file.text, override);
  if (frontend === undefined) return;
  const own = file.directives.find((directive) => directive.name === 'syntax');
  throw new DockerfileError(`the frontend ${goQuote(frontend)} is not supported`, {
    file: file.name,
    text: file.text,
    ...(override === undefined && own && { span: own.span }),
    hint: 'Only the language of docker/dockerfile is built in, and frontend images are never run.',
  });
}

function checksOf(file: NodeFile, override: string | undefined): CheckOptions {
  const own = file.directives.find((directive) => directive.name === 'check');
  try {
    return parseChecks(override ?? own?.value ?? '');
  } catch (error) {
    if (!(error instanceof InstructionValueError)) throw error;
    throw new DockerfileError(error.message, {
      file: file.name,
      text: file.text,
      ...(override === undefined && own && { span: own.span }),
    });
  }
}
