import type { Span } from '../../dockerfile/ast.ts';
import { excerpt } from '../../dockerfile/excerpt.ts';
import type { DockerfileInput } from '../inputs.ts';
import { SecretLeakError } from './errors.ts';
import type { Finding, Haystack, Needle } from './needle.ts';

/** What was found, and what of the Dockerfile made it. */
export interface Leak extends Finding {
  /** `/app/.npmrc`, `the variable TOKEN`. */
  readonly where: string;
  /** What wrote it, such as `RUN`; absent where no instruction did. */
  readonly instruction: string | undefined;
  readonly span: Span | undefined;
  /** It came with a result of an earlier build. */
  readonly cached?: boolean;
}

/** The error that says so, without the value: in its words, in names and in the lines it shows. */
export function leakError(
  { needle, form, where, instruction, span, cached }: Leak,
  { masked }: Pick<Haystack, 'masked'>,
  dockerfile: DockerfileInput,
): SecretLeakError {
  const line = span && `${dockerfile.name}:${span.start.line}`;
  const how = form === 'as it is' ? '' : ` ${form}`;
  const by =
    instruction === undefined && line === undefined
      ? ''
      : `, written by ${[instruction, line && `(${line})`].filter((word) => word).join(' ')}`;
  const old = cached === true ? ' in an earlier build' : '';
  return new SecretLeakError(
    needle.id,
    masked(`${called(needle)} leaks: ${where} has it${how}${by}${old}`),
    {
      hint: masked(`${fix(needle, instruction)}; --allow-leak ${needle.id} lets it pass.`),
      detail: span && masked(excerpt(dockerfile.text.toString(), span, dockerfile.name)),
    },
  );
}

function called({ kind, id }: Needle): string {
  const name = JSON.stringify(id);
  if (kind === 'argument') return `the value of the build argument ${name}`;
  if (kind === 'login') return `the password for ${id}`;
  if (kind === 'url') return `the password in the URL of ${name}`;
  return kind === 'ssh' ? `the SSH key ${name}` : `the secret ${name}`;
}

function fix({ kind, id }: Needle, instruction: string | undefined): string {
  if (kind === 'argument') {
    return `Give it with --secret id=${id},env=${id} and RUN --mount=type=secret,id=${id},env=${id} instead of ARG`;
  }
  if (kind === 'login') return 'Keep files with passwords for registries out with .dockerignore';
  if (kind === 'url') {
    return 'Keep it out of what the steps write; passwords for git and HTTP can be secrets (GIT_AUTH_TOKEN, HTTP_AUTH_TOKEN_host)';
  }
  const mount = `RUN --mount=type=${kind},id=${id}`;
  switch (instruction) {
    case 'COPY':
    case 'ADD':
      return `Keep the file out with .dockerignore and let ${mount} show it`;
    case 'RUN':
      return `Let ${mount} show it where it is needed, and remove in the same RUN what is made of it`;
    default:
      return `Leave it out there, and let ${mount} show it`;
  }
}
