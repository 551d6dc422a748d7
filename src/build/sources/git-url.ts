import { posix } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';
import { basicAuthorization, shownUrl } from '../../net/url.ts';

/** A tree in a git repository. Plain data. */
export interface GitRef {
  readonly kind: 'git';
  /** What git is asked; no credentials in it. */
  readonly remote: string;
  /** The `Authorization` header that the URL's own credentials stand for. */
  readonly authorization?: string;
  /** As it was written, for people, histories and keys: without credentials. */
  readonly shown: string;
  /** Branch, tag, full name of a ref, or a full commit; absent for the default branch. */
  readonly ref?: string;
  /** The commit that the ref must lead to, or how it begins; hex in lower case. */
  readonly commit?: string;
  /** Cleaned, without slashes at its ends; absent for the whole tree. */
  readonly subdir?: string;
  readonly keepGitDir: boolean;
  readonly submodules: boolean;
  /** Times of the files: when they were checked out, or that of the commit. */
  readonly mtime: 'checkout' | 'commit';
  /** Take `commit` whatever the ref leads to. */
  readonly byCommit: boolean;
}

const SCP = /^([A-Za-z0-9._-]+@[A-Za-z0-9._-]+):([^#?]*)/;
const QUERY = [
  'ref',
  'tag',
  'branch',
  'commit',
  'checksum',
  'subdir',
  'submodules',
  'keep-git-dir',
  'mtime',
  'fetch-by-commit',
];
const FULL_COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Reads `git@host:path`, `ssh://…`, `git://…` and `http(s)://….git`, each with `#ref:subdir` or
 * the query form behind it. Undefined for all else. Throws InvalidInputError for what asks for
 * something that cannot be.
 *
 * @see https://docs.docker.com/build/concepts/context/#git-repositories
 */
export function parseGitUrl(text: string): GitRef | undefined {
  const [, beforeFragment = '', fragment] = /^([^#]*)(?:#(.*))?$/s.exec(text) ?? [];
  const [, address = '', query] = /^([^?]*)(?:\?(.*))?$/s.exec(beforeFragment) ?? [];
  const found = remoteOf(address);
  if (!found) return undefined;
  const shown = shownUrl(text);
  const fail = (what: string, hint?: string): InvalidInputError =>
    new InvalidInputError(`${shown}: ${what}`, { hint });
  if (/[\0-\x20\x7f]/.test(text)) throw fail('a git URL has no blanks in it');
  if (fragment !== undefined && query !== undefined) {
    throw fail('a git URL has either a fragment (#ref:subdir) or a query, not both');
  }
  const asked = query === undefined ? fromFragment(fragment ?? '') : fromQuery(query, fail);
  const { ref, commit } = asked;
  if (ref !== undefined) checkRef(ref, fail);
  if (commit !== undefined && !/^[0-9a-f]{1,64}$/.test(commit)) {
    throw fail(`${JSON.stringify(commit)} is no commit`, 'A commit is written in hex.');
  }
  const subdir = posix.normalize(`/${asked.subdir ?? ''}`).replace(/^\/|\/$/g, '');
  const { ref: _ref, subdir: _subdir, ...rest } = asked;
  return {
    kind: 'git',
    ...found,
    shown,
    keepGitDir: false,
    submodules: true,
    mtime: 'checkout',
    byCommit: false,
    ...rest,
    // A commit alone says what is wanted.
    ...(ref !== undefined
      ? { ref }
      : commit !== undefined && isFullCommit(commit) && { ref: commit }),
    ...(subdir !== '' && { subdir }),
  };
}

/** Whether it names a commit, not something that leads to one. */
export function isFullCommit(ref: string): boolean {
  return FULL_COMMIT.test(ref);
}

type Asked = Partial<Omit<GitRef, 'kind' | 'remote' | 'authorization' | 'shown'>>;
type Fail = (what: string, hint?: string) => InvalidInputError;

function remoteOf(address: string): Pick<GitRef, 'remote' | 'authorization'> | undefined {
  const scp = SCP.exec(address);
  if (scp) return (scp[2] ?? '') === '' ? undefined : { remote: address };
  const scheme = /^([a-z]+):\/\//i.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined || !['http', 'https', 'git', 'ssh'].includes(scheme)) return undefined;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (scheme === 'git' || scheme === 'ssh') {
    // A user name of ssh says who is asked, and is no secret.
    url.password = '';
    return { remote: url.href };
  }
  if (!/\.git\/?$/.test(url.pathname)) return undefined;
  const authorization = basicAuthorization(url);
  url.username = '';
  url.password = '';
  return { remote: url.href, ...(authorization !== undefined && { authorization }) };
}

function fromFragment(fragment: string): Asked {
  const cut = fragment.indexOf(':');
  const ref = cut < 0 ? fragment : fragment.slice(0, cut);
  const subdir = cut < 0 ? '' : fragment.slice(cut + 1);
  return { ...(ref !== '' && { ref }), ...(subdir !== '' && { subdir }) };
}

function fromQuery(query: string, fail: Fail): Asked {
  const given = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!QUERY.includes(name)) {
      const near = closest(name, QUERY);
      throw fail(
        `unknown query ${JSON.stringify(name)}${near === undefined ? '' : ` (did you mean ${near}?)`}`,
      );
    }
    if (given.has(name)) throw fail(`${name} is given twice`);
    given.set(name, value);
  }
  const text = (name: string): string | undefined => given.get(name) || undefined;
  const toggle = (name: string): boolean | undefined => {
    const value = given.get(name)?.toLowerCase();
    if (value === undefined) return undefined;
    if (['', '1', 't', 'true'].includes(value)) return true;
    if (['0', 'f', 'false'].includes(value)) return false;
    throw fail(`${name} is true or false, not ${JSON.stringify(value)}`);
  };
  const tag = text('tag');
  const branch = text('branch');
  const refs = [
    text('ref'),
    tag === undefined ? undefined : `refs/tags/${tag}`,
    branch === undefined ? undefined : `refs/heads/${branch}`,
  ].filter((one) => one !== undefined);
  if (refs.length > 1) throw fail('ref, tag and branch exclude each other');
  const commits = [text('commit'), text('checksum')].filter((one) => one !== undefined);
  if (commits.length > 1 && commits[0] !== commits[1]) {
    throw fail('commit and checksum are the same thing and differ');
  }
  const mtime = text('mtime');
  if (mtime !== undefined && mtime !== 'checkout' && mtime !== 'commit') {
    throw fail(`mtime is checkout or commit, not ${JSON.stringify(mtime)}`);
  }
  const [ref] = refs;
  const [commit] = commits;
  const subdir = text('subdir');
  const submodules = toggle('submodules');
  const keepGitDir = toggle('keep-git-dir');
  const byCommit = toggle('fetch-by-commit');
  if (byCommit === true && (commit === undefined || !isFullCommit(commit.toLowerCase()))) {
    throw fail('fetch-by-commit needs a whole commit');
  }
  return {
    ...(ref !== undefined && { ref }),
    ...(commit !== undefined && { commit: commit.toLowerCase() }),
    ...(subdir !== undefined && { subdir }),
    ...(mtime !== undefined && { mtime }),
    ...(submodules !== undefined && { submodules }),
    ...(keepGitDir !== undefined && { keepGitDir }),
    ...(byCommit !== undefined && { byCommit }),
  };
}

/** What git would take for an option, a pattern or an expression is no name of a ref. */
function checkRef(ref: string, fail: Fail): void {
  if (!ref.startsWith('-') && !/[~^:?*[\\\0-\x20\x7f]|\.\.|@\{|\/$|^\//.test(ref)) return;
  throw fail(`${JSON.stringify(ref)} is no name of a branch, a tag or a commit`);
}
