/** What the value of a flag or an operand is, where the table of flags does not say. */
export type ValueKind =
  | 'files'
  | 'directories'
  | 'images'
  | 'containers'
  | 'networks'
  | 'volumes'
  | 'objects'
  | 'platforms'
  | 'stages'
  | 'targets'
  | 'labels'
  | 'formats'
  | 'nothing'
  | readonly string[];

/** Usual ones, the most usual first. */
export const PLATFORMS: readonly string[] = [
  'linux/amd64',
  'linux/arm64',
  'linux/arm/v7',
  'linux/386',
  'linux/ppc64le',
  'linux/riscv64',
  'linux/s390x',
];

const CACHES = ['type=registry,ref=', 'type=local,', 'type=inline', 'type=s3,'] as const;
const SWITCH = ['true', 'false'] as const;

/** By the flag's long name, or by the command and that. */
export const FLAG_VALUES: Readonly<Record<string, ValueKind>> = {
  'registry serve allow': 'nothing',
  'registry serve audit-log': 'files',
  'registry serve token-keys': 'files',
  groups: 'files',
  htpasswd: 'files',
  'tls-client-ca': 'files',
  allow: ['network.host', 'security.insecure', 'device'],
  arch: ['amd64', 'arm64', 'arm', '386', 'ppc64le', 'riscv64', 's390x'],
  attest: ['type=sbom', 'type=provenance,mode=max'],
  'attest type': ['spdxjson', 'cyclonedx', 'slsaprovenance1', 'vuln', 'openvex'],
  base: 'images',
  'buildx bake list': ['targets', 'variables'],
  'cache-from': CACHES,
  'cache-to': CACHES,
  call: ['check', 'outline', 'targets'],
  cidfile: 'files',
  context: 'directories',
  'env-file': 'files',
  file: 'files',
  format: 'formats',
  have: 'files',
  iidfile: 'files',
  'image build output': [
    'type=local,dest=',
    'type=tar,dest=',
    'type=oci,dest=',
    'type=docker,dest=',
    'type=image,name=',
    'type=registry,name=',
  ],
  input: 'files',
  isolation: ['default'],
  'label-file': 'files',
  'metadata-file': 'files',
  'container run network': 'networks',
  driver: ['bridge'],
  'ipam-driver': ['default'],
  network: ['default', 'host', 'none'],
  scope: ['local'],
  'no-cache-filter': 'stages',
  'on-fail': ['none', 'shell'],
  onto: 'images',
  os: ['linux'],
  output: 'files',
  platform: 'platforms',
  predicate: 'files',
  progress: ['auto', 'plain', 'tty', 'quiet', 'rawjson', 'none'],
  provenance: ['true', 'false', 'mode=max', 'mode=min'],
  'container run pull': ['always', 'missing', 'never'],
  sbom: SWITCH,
  'security-opt': ['no-new-privileges', 'seccomp=unconfined'],
  since: ['10m', '1h', '24h'],
  ssh: ['default'],
  tag: 'images',
  target: 'stages',
  ulimit: ['nofile=', 'nproc=', 'core=', 'memlock='],
  until: ['0s', '10m', '1h', '24h'],
  variant: ['v6', 'v7', 'v8'],
  verify: 'images',
  volume: 'files',
  'volumes-from': 'containers',
  'container run mount': ['type=bind,source=', 'type=volume,source=', 'type=tmpfs,target='],
  'volume create driver': ['local'],
  'volume create opt': ['type=', 'device=', 'o='],
};

/** Values of filters by key, or by the command and the key. */
export const FILTER_VALUES: Readonly<Record<string, ValueKind>> = {
  after: 'images',
  ancestor: 'images',
  before: 'images',
  container: 'containers',
  'container ls before': 'containers',
  'container ls since': 'containers',
  containers: SWITCH,
  dangling: SWITCH,
  image: 'images',
  immutable: SWITCH,
  intermediate: SWITCH,
  inuse: SWITCH,
  'is-official': SWITCH,
  label: 'labels',
  'label!': 'labels',
  manifest: SWITCH,
  mutable: SWITCH,
  name: 'containers',
  private: SWITCH,
  reference: 'images',
  shared: SWITCH,
  since: 'images',
  'system events type': ['container', 'image', 'network', 'volume'],
  network: 'networks',
  volume: 'volumes',
  'volume ls name': 'volumes',
  'network ls name': 'networks',
  'network ls type': ['custom', 'builtin'],
  driver: ['bridge', 'host', 'null'],
  scope: ['local'],
  status: ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'],
  health: ['starting', 'healthy', 'unhealthy', 'none'],
  type: ['regular', 'exec.cachemount', 'source.http', 'source.git.checkout'],
  until: ['24h', '168h', '720h'],
};

/** What the operand at `index` is, by its word in the usage line; `[X...]` stands for any number. */
export function operandKind(usage: string, index: number): ValueKind {
  const words = usage
    .replaceAll(' | ', '|')
    .replaceAll(/--[\w-]+ \w+/g, '')
    .split(' ')
    .filter((word) => word !== '' && word !== '[OPTIONS]');
  const single = words.filter((word) => !word.includes('...'));
  const word = single[index] ?? words.find((one) => one.includes('...')) ?? '';
  return kindOf(word.replace(/^\[/, '').replace(/(?:\.\.\.)?\]?$/, ''));
}

function kindOf(word: string): ValueKind {
  if (/^[a-z]+(?:\|[a-z]+)+$/.test(word)) return word.split('|');
  if (/PATH|FILE|DIR|ARCHIVE|^file/.test(word)) return 'files';
  if (/NAME\|ID|CONTAINER\||^[AB]$/.test(word)) return 'objects';
  if (/CONTAINER/.test(word)) return 'containers';
  if (/NETWORK/.test(word)) return 'networks';
  if (/VOLUME/.test(word)) return 'volumes';
  if (/IMAGE|REPOSITORY|^NAME/.test(word)) return 'images';
  if (word === 'TARGET') return 'targets';
  return 'nothing';
}
