/** A command whose answer is meant to differ from Docker's. */
interface Difference {
  readonly command: string;
  readonly why: string;
  /** What stave says, where it is not what Docker says; `any order` for the same lines. */
  readonly says:
    | 'any order'
    | { readonly stdout?: string; readonly stderr?: string; readonly code?: number };
}

const inspect = (template: string): string => `docker image inspect --format '${template}' rich:1`;
const listed = (...rows: readonly string[]): string =>
  ['REPOSITORY   TAG       IMAGE ID       CREATED       SIZE\n', ...rows].join('');
const RICH = 'rich         1         bb505e5c3c78   2 years ago   123kB\n';
const TEAM = 'team/rich    2         bb505e5c3c78   2 years ago   123kB\n';

const ORDER =
  'rows of the same age are in the order of their names; in Docker they are in any order';
const WHOLE_NAMES = 'names are found by their full spelling too';
const JOIN = 'join takes the values of maps, and lists that are not there, as newer versions of Docker do';
const COMPLEX = 'there are no complex numbers in what stave shows';

/** Where stave means to differ. The test fails for an entry that is no difference any more. */
export const DIFFERENCES: readonly Difference[] = [
  {
    command: "docker image ls --format '{{.}}' rich:1",
    why: 'Docker prints the insides of its own row, which nobody can use',
    says: {
      stdout:
        '{0 2024-01-02 03:04:05 +0000 UTC 2 years ago <none> bb505e5c3c78 rich N/A 123kB 1 N/A 123.5kB}\n',
    },
  },
  {
    command: "docker images --format 'table {{.Nope}}' nosuch",
    why: 'a field that is none is refused whether or not there are images',
    says: {
      stdout: '',
      stderr:
        'template parsing error: template: :1:2: executing "" at <.Nope>: ' +
        "can't evaluate field Nope in type formatter.SubHeaderContext\n",
      code: 1,
    },
  },
  { command: 'docker images', why: ORDER, says: 'any order' },
  { command: 'docker images --digests', why: ORDER, says: 'any order' },
  {
    command:
      "docker images --format 'table {{.Repository}}:{{.Tag}}\\t{{.Size}}' --filter label=environment=test",
    why: ORDER,
    says: 'any order',
  },
  {
    command: "docker images '*/*/rich:*'",
    why: WHOLE_NAMES,
    says: {
      stdout:
        'REPOSITORY                 TAG       IMAGE ID       CREATED       SIZE\n' +
        'localhost:5000/team/rich   1         bb505e5c3c78   2 years ago   123kB\n' +
        'rich                       1         bb505e5c3c78   2 years ago   123kB\n' +
        'team/rich                  2         bb505e5c3c78   2 years ago   123kB\n',
    },
  },
  {
    command: 'docker images --filter reference=docker.io/team/rich',
    why: WHOLE_NAMES,
    says: { stdout: listed(TEAM) },
  },
  {
    command: 'docker images --filter reference=docker.io/library/rich:1',
    why: WHOLE_NAMES,
    says: { stdout: listed(RICH) },
  },
  {
    command: "docker images --filter 'reference=docker.io/*/rich'",
    why: WHOLE_NAMES,
    says: { stdout: listed(RICH, TEAM) },
  },
  {
    command: inspect('{{join .Config.Labels ","}}'),
    why: JOIN,
    says: { stdout: `,42,<a href="x">'&'</a>,one\ntwo,test,Über App\n`, stderr: '', code: 0 },
  },
  {
    command: inspect('{{join .Config.Volumes "-"}}'),
    why: JOIN,
    says: { stdout: '{}-{}\n', stderr: '', code: 0 },
  },
  {
    command: `docker image inspect -f '{{join .Config.Cmd " "}}|{{join .Config.Labels " "}}|' plain:1`,
    why: JOIN,
    says: { stdout: '||\n', stderr: '', code: 0 },
  },
  {
    command: inspect('{{1i}}'),
    why: COMPLEX,
    says: {
      stdout: '',
      stderr: 'template parsing error: template: :1: bad number syntax: "1i"\n',
      code: 64,
    },
  },
  {
    command: inspect('{{1+2i}}'),
    why: COMPLEX,
    says: {
      stdout: '',
      stderr: 'template parsing error: template: :1: bad number syntax: "+2i"\n',
      code: 64,
    },
  },
  {
    command: inspect('{{len nil}}'),
    why: "Docker's words are those of a panic",
    says: {
      stderr:
        'template parsing error: template: :1:2: executing "" at <len nil>: error calling len: len of nil pointer\n',
    },
  },
  {
    command: inspect('{{call .Os}}'),
    why: 'functions are not told what their arguments were called',
    says: {
      stderr:
        'template parsing error: template: :1:2: executing "" at <call .Os>: error calling call: non-function of type string\n',
    },
  },
  {
    command: inspect('{{.Descriptor.Nope}}'),
    why: "Docker's classic store has no descriptors",
    says: {
      stderr:
        'template parsing error: template: :1:13: executing "" at <.Descriptor.Nope>: map has no entry for key "Nope"\n',
    },
  },
];
