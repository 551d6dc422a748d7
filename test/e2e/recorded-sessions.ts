/** Something typed once the terminal shows a prompt; or, with a pattern, once it shows that. */
export type Typing = string | readonly [waitFor: RegExp | Running, type: string];

/** A process of this command line: then the terminal is no longer the shell's. */
export interface Running {
  readonly argv: readonly string[];
}

/** A session at a shell, whose draft is to make the same files again. */
export interface Session {
  readonly name: string;
  readonly typed: readonly Typing[];
  /** What the draft must have, and must not. */
  readonly has?: readonly (string | RegExp)[];
  readonly lacks?: readonly (string | RegExp)[];
  /** The shell; `sh` by default. */
  readonly shell?: string;
  /** One that says it ends by itself, without `exit`. */
  readonly stays?: boolean;
}

const ESCAPE = '\u001b';
const CTRL_C = '\u0003';
/** What the editor shows below the text: its first line is there to be typed at. */
const EDITOR = /\d+%|~/;

/** Sessions of the shell of busybox. */
export const SESSIONS: readonly Session[] = [
  {
    name: 'directories and files',
    typed: [
      'mkdir -p /srv/app/data',
      'ls -la /srv',
      'echo "hello" > /srv/app/greeting',
      'cat /srv/app/greeting',
      'touch /srv/app/data/empty',
    ],
    has: ['RUN mkdir -p /srv/app/data\n'],
    lacks: ['ls -la', 'cat /srv'],
  },
  {
    name: 'relative paths',
    typed: ['mkdir /job', 'cd /job', 'mkdir a', 'cd a', 'echo 1 > one', 'cd ..', 'echo 2 > two'],
    has: ['WORKDIR /job/a\n'],
  },
  {
    name: 'the same line twice',
    typed: ['echo line >> /log', 'echo line >> /log', '', 'echo line >> /log'],
    has: [/(?:RUN echo line >> \/log\n){3}/],
  },
  {
    name: 'variables, exported and not',
    typed: [
      'export COLOUR="dark blue"',
      'SIZE=5',
      'echo "$COLOUR $SIZE" > /look',
      'env > /dev/null',
    ],
    has: ["export COLOUR='dark blue'", 'SIZE=5'],
  },
  {
    name: 'functions and masks',
    typed: [
      'note() { echo "$1" >> /notes; }',
      'note first',
      'umask 077',
      'note second',
      'echo x > /mine',
    ],
    has: ['umask 077'],
  },
  {
    name: 'loops over several lines',
    typed: [
      'for i in 1 2 3',
      'do',
      'echo $i > /file-$i',
      'done',
      'if true; then',
      'echo y > /yes',
      'fi',
    ],
    has: ['for i in 1 2 3\ndo\necho $i > /file-$i\ndone'],
  },
  {
    name: 'here-documents and quotes',
    typed: [
      'cat <<EOF > /conf',
      'a = "b"',
      "c = 'd' $HOME \\$HOME",
      'EOF',
      `printf '%s\\n' 'it'"'"'s' "a  b" > /quoted`,
      "echo 'EOF' > /word",
    ],
  },
  {
    name: 'pipes',
    typed: [
      'seq 1 20 | grep 1 | sort -r > /ones',
      'ls / | wc -l',
      'echo abc | tr a-c A-C | tee /upper',
    ],
    lacks: ['wc -l'],
  },
  {
    name: 'links, modes and owners',
    typed: [
      'echo x > /target; ln -s target /link',
      'chmod 4750 /target',
      'ln /target /hard',
      'mkdir -m 1777 /sticky',
      'chown -R 1000:1000 /sticky',
    ],
  },
  {
    name: 'archives',
    typed: [
      'mkdir /src && cd /src',
      'echo 1 > a; echo 2 > b',
      'tar cf /all.tar --owner=0 a b; rm /all.tar; tar cf - a b | tar xf - -C /tmp',
      'ls /tmp',
    ],
  },
  {
    name: 'moved and removed',
    typed: [
      'echo a > /a',
      'mv /a /b',
      'rm /etc/hosts-not-there',
      'mkdir -p /x/y',
      'rm -r /x',
      'cp /b /c',
    ],
    lacks: ['hosts-not-there'],
  },
  {
    name: 'a file in an editor',
    typed: [
      'mkdir -p /var/www/html',
      'vi /var/www/html/index.html',
      [EDITOR, 'i'],
      [/I /, '<h1>It works</h1>'],
      [/works/, ESCAPE],
      [/- /, ':wq\r'],
      'cp /var/www/html/index.html /var/www/html/first.html',
      'sed -i s/works/runs/ /var/www/html/index.html',
    ],
    has: ['COPY files/index.html /var/www/html/index.html\n'],
    lacks: ['RUN vi', 'RUN sed'],
  },
  {
    name: 'a file changed in place',
    typed: ['sed -i s/root/toor/ /etc/passwd', 'cat /etc/passwd', 'cat /etc/passwd >> /etc/more'],
    has: ['COPY files/passwd /etc/passwd\n'],
    lacks: ['RUN sed'],
  },
  {
    name: 'typing errors',
    typed: ['mkdri /a', 'mkdir /a', 'tuch /a/b', 'touch /a/b', 'cd /nowhere', 'echo done > /a/c'],
    has: ['RUN mkdir /a\n'],
    lacks: ['mkdri', 'tuch', 'nowhere'],
  },
  {
    name: 'a failure that changed files',
    typed: ['mkdir /half && cp /etc/passwd /nosuch /half', 'ls /half'],
    has: ['exit code 1'],
  },
  {
    name: 'ctrl-c',
    typed: [
      'while true; do echo x >> /count; sleep 1.01; done',
      [{ argv: ['sleep', '1.01'] }, CTRL_C],
      'sleep 98.7',
      [{ argv: ['sleep', '98.7'] }, CTRL_C],
      'echo after > /after',
    ],
    has: ['COPY files/count /count\n'],
    lacks: [/^RUN .*while/m],
  },
  {
    name: 'in the background',
    typed: ['(sleep 0.3; echo late > /late) &', 'wait', 'echo on > /on'],
    has: ['kill -0'],
  },
  {
    name: 'as another user',
    typed: [
      "echo 'app:x:1000:1000::/tmp:/bin/sh' >> /etc/passwd",
      'mkdir /shared; chmod 777 /shared',
      'su app',
      'cd /shared',
      'echo mine > mine',
      'exit',
      'id -u > /me',
    ],
    has: ['USER 1000:1000\n', 'USER root\n'],
  },
  {
    name: 'left and found again',
    typed: ['echo one > /one', '\u0010\u0011'],
    stays: true,
    has: ['RUN echo one > /one\n', 'RUN echo two > /two\n'],
  },
  {
    name: 'deletions in the image, and odd names',
    typed: [
      'rm /etc/group',
      "echo x > '/a b'; echo y > '/q\"$'",
      'touch /ä',
      "mkdir '/d d'",
      "cd '/d d'",
      'echo z > z',
    ],
  },
];

/** Sessions of bash on Debian. */
export const BASH_SESSIONS: readonly Session[] = [
  {
    name: 'what only bash reads',
    shell: 'bash',
    typed: [
      'mkdir -p /srv/{a,b,c}',
      'names=(x y z)',
      'for n in "${names[@]}"; do echo -e "$n\\t1" > /srv/a/$n; done',
      '[[ -d /srv/a ]] && echo yes > /srv/yes',
      'cat <<< "here" > /srv/here',
      'alias put="echo put >>"',
      'put /srv/list',
      'put /srv/list',
    ],
    has: ['#!/'],
  },
  {
    name: 'a file from the keyboard',
    shell: 'bash',
    typed: [
      'cat -u > /typed',
      [{ argv: ['cat', '-u'] }, 'one\rtwo\r'],
      [/two\r+\n/, '\u0004'],
      'cat /typed',
    ],
    has: ['COPY files/typed /typed\n'],
    lacks: ['RUN cat'],
  },
  {
    name: 'an install, by hand',
    shell: 'bash',
    typed: [
      'apt-get udpate',
      'apt-get update',
      'apt-get install -y nginx',
      'apt-get install -y vim',
      'mkdir /home/configuration',
      'touch /home/configuration/db.props',
      'vi /var/www/html/index.html',
      [/write:/, '<h1>Hello</h1>\r'],
      'cat /var/www/html/index.html',
    ],
    has: [
      'RUN apt-get update \\\n && DEBIAN_FRONTEND=noninteractive apt-get install -y nginx vim \\\n && apt-get clean \\\n && rm -rf /var/lib/apt/lists/*\n',
      'RUN mkdir /home/configuration\nRUN touch /home/configuration/db.props\n',
      'COPY files/index.html /var/www/html/index.html\n',
      'CMD /usr/sbin/nginx -g "daemon off;"\nEXPOSE 80\n',
    ],
    lacks: ['udpate', 'RUN vi', 'cat /var'],
  },
];
