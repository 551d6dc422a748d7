import { execFileSync, spawn } from 'node:child_process';
import { accessSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { serveHttp } from './http-server.ts';

const BACKEND = '/usr/lib/git-core/git-http-backend';

/** Why tests that need git cannot run; false when they can. */
export const withoutGit: string | false =
  process.getuid?.() !== 0
    ? 'layers keep owners, which needs root'
    : existsSync('/usr/bin/git') && existsSync(BACKEND)
      ? false
      : 'needs git with git-http-backend (package git)';

/** Repositories that are served over HTTP, gone with the scope. */
export interface GitServer extends AsyncDisposable {
  /** Without a slash at its end; a repository is at `${url}/NAME.git`. */
  readonly url: string;
  readonly asked: string[];
  /** Where the repositories lie. */
  readonly root: string;
  /** Runs git in the work tree of a repository, which is made when it is not there. */
  readonly git: (name: string, ...args: string[]) => string;
  /** Writes files, commits all there is, and returns the commit. */
  readonly commit: (name: string, files: Readonly<Record<string, string>>) => string;
}

/** Starts a server; with `authorization`, of whoever sends that header only. */
export async function serveGit(authorization?: string): Promise<GitServer> {
  const root = mkdtempSync(join(tmpdir(), 'git-server-'));
  const house = await serveHttp((request, response) => {
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    } else backend(root, request, response);
  });
  const run = (cwd: string, args: readonly string[]): string =>
    execFileSync('/usr/bin/git', args, { cwd, env: ENVIRONMENT, encoding: 'utf8' }).trim();
  const git = (name: string, ...args: string[]): string => {
    const tree = join(root, `${name}.git`);
    if (!existsSync(tree)) {
      run(root, ['init', '-q', '-b', 'main', '--', `${name}.git`]);
      run(tree, ['config', 'http.receivepack', 'false']);
    }
    return run(tree, args);
  };
  return {
    url: house.url,
    asked: house.asked,
    root,
    git,
    commit(name, files) {
      git(name, 'status');
      for (const [path, text] of Object.entries(files)) {
        const file = join(root, `${name}.git`, path);
        execFileSync('/bin/mkdir', ['-p', join(file, '..')]);
        writeFileSync(file, text);
      }
      git(name, 'add', '-A');
      git(name, 'commit', '-q', '--allow-empty', '-m', 'x');
      return git(name, 'rev-parse', 'HEAD');
    },
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

const ENVIRONMENT = {
  PATH: '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_AUTHOR_DATE: '1000000000 +0000',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
  GIT_COMMITTER_DATE: '1000000000 +0000',
};

/** One request as CGI, which is how git serves HTTP. */
function backend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://x');
  accessSync(root);
  const child = spawn(BACKEND, [], {
    env: {
      PATH: '/usr/bin:/bin',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROJECT_ROOT: root,
      GIT_PROTOCOL: request.headers['git-protocol']?.toString() ?? '',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => {});
  let head = Buffer.alloc(0);
  let begun = false;
  child.stdout.on('data', (chunk: Buffer) => {
    if (begun) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    begun = true;
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? [];
      if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
  });
  child.on('close', () => response.end());
}
