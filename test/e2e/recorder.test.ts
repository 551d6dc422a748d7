import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exec, House, skip, top } from './house.ts';
import { BASH_SESSIONS, SESSIONS, type Session } from './recorded-sessions.ts';
import { atTerminal } from './typing-terminal.ts';

const DEBIAN = join(top, '.demo/debian.tar');
const withoutDebian: string | false =
  skip !== false ? skip : existsSync(DEBIAN) ? false : 'needs .demo/debian.tar (npm run demo)';
const CHANGES = ['-c', `'CMD /usr/sbin/nginx -g "daemon off;"'`, '-c', "'EXPOSE 80'"];

let house: House;
before(() => {
  if (skip !== false) return;
  house = new House();
  house.base();
  if (withoutDebian !== false) return;
  house.must(['import', '-c', 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN, 'plain']);
  house.must(['build', '-q', '-t', 'debian', repository()]);
});
after(() => {
  if (skip !== false) return;
  for (const id of house.must(['ps', '-aq']).split('\n').filter(Boolean)) {
    house.stave(['rm', '-f', id]);
  }
  house[Symbol.dispose]();
});

/** A context with packages of our own, where apt finds them. */
function repository(): string {
  const files = {
    nginx: { 'usr/sbin/nginx': '#!/bin/sh\n', 'var/www/html/index.html': 'Welcome\n' },
    vim: { 'usr/bin/vi': '#!/bin/sh\nprintf "write: "\nread -r line\necho "$line" > "$1"\n' },
  };
  const context = house.context({
    Dockerfile: [
      'FROM plain',
      'COPY repo /repo',
      'RUN rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* && \\',
      "  echo 'deb [trusted=yes] file:/repo ./' > /etc/apt/sources.list",
    ].join('\n'),
  });
  mkdirSync(join(context, 'repo'));
  const list = Object.entries(files).map(([name, content]) => {
    const tree = house.context({
      'DEBIAN/control': `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: ours\n`,
      ...content,
    });
    exec(['chmod', '-R', 'u=rwX,go=rX', tree]);
    exec(['sh', '-c', `chmod 755 ${tree}/usr/*bin/*`]);
    const file = `${name}_1_all.deb`;
    const made = exec(['dpkg-deb', '--root-owner-group', '-b', tree, join(context, 'repo', file)]);
    assert.equal(made.code, 0, made.stderr);
    const bytes = readFileSync(join(context, 'repo', file));
    const [sum] = exec(['sha256sum', join(context, 'repo', file)]).stdout.split(' ');
    return `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nFilename: ./${file}\nSize: ${bytes.length}\nSHA256: ${sum}\nDescription: ours\n`;
  });
  writeFileSync(join(context, 'repo/Packages'), list.join('\n'));
  return context;
}

async function record(session: Session, image: string): Promise<void> {
  const id = session.name.replaceAll(/\W+/g, '-');
  const run = ['run', '-it', '--record', '--network', 'none', '--name', id, image];
  const typed = session.stays === true ? session.typed : [...session.typed, 'exit'];
  await atTerminal(house.command([...run, session.shell ?? 'sh']), typed);
  if (session.stays === true) {
    const again = house.command(['attach', id]);
    await atTerminal(['echo "begun# " | tr -d "\\n";', ...again], ['echo two > /two', 'exit']);
  }
  const directory = join(house.directory, `${id}.draft`);
  const changes = session.shell === 'bash' ? CHANGES : [];
  const commit = ['commit', '--dockerfile', directory, '--verify', ...changes, id, `made:${id}`];
  const ran = exec(['sh', '-c', house.command(commit).join(' ')]);
  const draft = readFileSync(join(directory, 'Dockerfile'), 'utf8');
  const all = `${draft}\n${ran.stdout}${ran.stderr}`;
  assert.equal(ran.code, 0, all);
  for (const text of session.has ?? []) {
    assert.ok(
      typeof text === 'string' ? draft.includes(text) : text.test(draft),
      `${text}: ${all}`,
    );
  }
  for (const text of session.lacks ?? []) {
    assert.ok(
      typeof text === 'string' ? !draft.includes(text) : !text.test(draft),
      `${text}: ${all}`,
    );
  }
}

/** Two of three; `npm run soak` asks for `all`. */
const chosen = SESSIONS.filter((_, at) => process.env['STAVE_SESSIONS'] === 'all' || at % 3 !== 1);

for (const session of chosen) {
  test(`a recorded session is made again: ${session.name}`, { skip }, () =>
    record(session, 'base'),
  );
}

for (const session of BASH_SESSIONS) {
  test(`a recorded session of bash is made again: ${session.name}`, { skip: withoutDebian }, () =>
    record(session, 'debian'),
  );
}
