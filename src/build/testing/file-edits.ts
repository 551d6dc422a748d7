import { chmodSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { setXattr } from '../../sys/xattr.ts';
import { replace, write, type Edit, type Subject } from './edit.ts';

const at = (of: Subject, path: string): string => of.bench.path(path);

/** Edits of files that steps read. Every one changes one thing. */
export const FILE_EDITS: readonly Edit[] = [
  {
    what: 'content of a file',
    edit: write('package.json', '{"a":1}'),
    step: 'COPY package.json',
    says: 'file package.json (content)',
  },
  {
    what: 'content of a second source',
    edit: write('lock.json', '2'),
    step: 'COPY package.json',
    says: 'file lock.json (content)',
  },
  {
    what: 'content in a directory',
    edit: write('src/a.ts', 'A'),
    step: 'COPY src/',
    says: '1 of 4 files differs: src/a.ts (content)',
  },
  {
    what: 'content of two files',
    edit(of) {
      write('src/a.ts', 'A')(of);
      write('src/deep/b.ts', 'B')(of);
    },
    step: 'COPY src/',
    says: '2 of 4 files differ: src/a.ts (content), src/deep/b.ts (content)',
  },
  {
    what: 'mode of a file',
    edit: (of) => chmodSync(at(of, 'src/deep/b.ts'), 0o755),
    step: 'COPY src/',
    says: '1 of 4 files differs: src/deep/b.ts (mode 0644→0755)',
  },
  {
    what: 'mode of a directory',
    edit: (of) => chmodSync(at(of, 'src/deep'), 0o700),
    step: 'COPY src/',
    says: /^1 of 4 files differs: src\/deep \(mode 0755→0700\)$/,
  },
  {
    what: 'mode of a single file',
    edit: (of) => chmodSync(at(of, 'bin/run'), 0o755),
    step: 'COPY --chown=1:1 bin/run',
    says: 'file bin/run (mode 0644→0755)',
  },
  {
    what: 'a new file',
    edit: write('src/new.ts', 'n'),
    step: 'COPY src/',
    says: '1 of 5 files differs: src/new.ts (new)',
  },
  {
    what: 'a removed file',
    edit: (of) => unlinkSync(at(of, 'src/deep/b.ts')),
    step: 'COPY src/',
    says: '1 of 3 files differs: src/deep/b.ts (removed)',
  },
  {
    what: 'a renamed file',
    edit: (of) => renameSync(at(of, 'src/deep/b.ts'), at(of, 'src/deep/c.ts')),
    step: 'COPY src/',
    says: '1 of 4 files differs: src/deep/c.ts (renamed from src/deep/b.ts)',
  },
  {
    what: 'target of a link',
    edit(of) {
      unlinkSync(at(of, 'src/link'));
      symlinkSync('deep/b.ts', at(of, 'src/link'));
    },
    step: 'COPY src/',
    says: '1 of 4 files differs: src/link (link target a.ts→deep/b.ts)',
  },
  {
    what: 'type of a file',
    edit(of) {
      unlinkSync(at(of, 'src/link'));
      write('src/link', 'a')(of);
      chmodSync(at(of, 'src/link'), 0o777);
    },
    step: 'COPY src/',
    says: '1 of 4 files differs: src/link (type symlink→file)',
  },
  {
    what: 'extended attribute of a file',
    edit: (of) => setXattr(at(of, 'src/a.ts'), 'user.note', Buffer.from('x')),
    step: 'COPY src/',
    says: '1 of 4 files differs: src/a.ts (extended attributes)',
  },
  {
    what: 'a rule that ignores a file',
    edit: write('.dockerignore', '# none\nsrc/deep/b.ts\n'),
    step: 'COPY src/',
    says: '1 of 3 files differs: src/deep/b.ts (ignored now: .dockerignore:2)',
  },
  {
    what: 'a file that a pattern takes',
    edit: write('readme.md', 'R'),
    step: 'COPY *.md',
    says: '1 of 2 files differs: readme.md (content)',
  },
  {
    what: 'a new file that a pattern takes',
    edit: write('zz.md', 'z'),
    step: 'COPY *.md',
    says: '1 of 3 files differs: zz.md (new)',
  },
  {
    what: 'content of a linked copy',
    edit: write('data.bin', 'D'),
    step: 'ADD --link',
    says: 'file data.bin (content)',
  },
  {
    what: 'content below --exclude',
    edit: write('logs/x.txt', 'X'),
    step: 'COPY --exclude',
    says: 'file logs/x.txt (content)',
  },
  {
    what: 'a heredoc',
    edit: replace('level 1', 'level 2'),
    step: 'COPY <<EOF',
    says: 'file <<EOF changed',
  },
];
