import { EVENT_FORMATS } from '../../../registry-server/events/envelope.ts';
import { EVENT_ACTIONS } from '../../../registry-server/events/event.ts';
import { flag } from '../../flags.ts';
import { SERVE_FLAGS } from '../serve-flags.ts';
import { byFlag, type Leaf, type Section, type SecretShape, type Shape } from './shape.ts';

/** The value of a flag. */
const of = (name: keyof typeof SERVE_FLAGS, options: Parameters<typeof byFlag>[2] = {}): Leaf =>
  byFlag(name, SERVE_FLAGS[name], options);
/** The same, taken over on SIGHUP. */
const live = (name: keyof typeof SERVE_FLAGS, options: Parameters<typeof byFlag>[2] = {}): Leaf =>
  of(name, { ...options, isReloaded: true });
const section = (about: string, fields: Readonly<Record<string, Shape>>): Section => ({
  kind: 'section',
  about,
  fields,
});
const texts = (about: string, more: Partial<Leaf> = {}): Leaf => ({
  kind: 'text',
  isList: true,
  about,
  ...more,
});
const secret = (about: string): SecretShape => ({ kind: 'secret', about });
const words = (about: string, of_: readonly string[], more: Partial<Leaf> = {}): Leaf => ({
  kind: 'word',
  words: of_,
  about,
  ...more,
});

/** A time in the words of rules: `30d`. */
const ruleTime = (about: string): Leaf => ({
  kind: 'duration',
  about,
  read(text) {
    if (!/^\d{1,6}[smhdw]$/.test(text)) throw new RangeError('not a time such as 30d');
    return text;
  },
});
const time = (about: string, initial: string): Leaf => ({
  kind: 'duration',
  about,
  initial,
  read: (text) => AGE.read(text, undefined),
});
const AGE = flag.age('');

const RETENTION: Section = {
  kind: 'section',
  about: 'The first rule that fits a repository is the one that counts',
  required: ['repositories'],
  fields: {
    repositories: texts('Patterns of repositories'),
    tags: texts('Patterns of tags that the rule is about; others stay'),
    'keep-newest': { kind: 'int', about: 'So many tags stay, those that were pushed last' },
    'keep-matching': texts('Patterns of tags that stay'),
    'older-than': ruleTime('A tag stays until its last push is this old'),
    'not-pulled-for': ruleTime('A tag stays until nobody has pulled it for so long'),
    'untagged-after': ruleTime('Manifests go when they have had no tag for so long'),
  },
};

const UPSTREAM: Readonly<Record<string, Shape>> = {
  upstream: {
    kind: 'text',
    about: 'HOST, HOST:PORT or HOST/PATH; "http://" before it for plain HTTP',
  },
  user: { kind: 'text', about: 'Who this registry is there' },
  'password-file': { kind: 'path', about: "The user's password, on its first line" },
  'auth-file': { kind: 'path', about: "Credentials, as in Docker's config.json" },
  ca: { kind: 'path', about: 'Authorities that are trusted too, in PEM' },
  insecure: { kind: 'toggle', about: 'Any certificate will do, and plain HTTP too' },
};

const MIRROR: Section = {
  kind: 'section',
  about: 'Repositories that are read through from a registry elsewhere',
  required: ['upstream'],
  fields: {
    prefix: { kind: 'text', about: "What is below it is the upstream's; without it everything" },
    ...UPSTREAM,
    'stands-for': texts('Registries that clients may name for it; without it itself'),
    'tag-life': ruleTime('How long a tag is believed; a minute without it'),
    'missing-life': ruleTime('How long it is believed that something is missing; 30 seconds'),
    'stale-life': ruleTime(
      'How long what a tag meant is served while the upstream is down; a week',
    ),
  },
};

const SYNC: Section = {
  kind: 'section',
  about: 'A job that copies tags',
  required: ['upstream', 'repositories'],
  fields: {
    ...UPSTREAM,
    repositories: texts('Repositories there, or patterns of them'),
    to: { kind: 'text', about: 'They come below this name here' },
    tags: texts('Patterns of tags; without it all'),
    except: texts('Patterns of tags that are left out'),
    newest: { kind: 'int', about: 'So many tags at most, the newest' },
    remove: { kind: 'toggle', about: 'Remove here what is gone there' },
    referrers: { kind: 'toggle', about: 'Copy what refers to images, too' },
    every: ruleTime('How often'),
  },
};

const ENDPOINT: Section = {
  kind: 'section',
  about: 'Somebody who is told what happens',
  required: ['name', 'url'],
  fields: {
    name: { kind: 'text', about: 'What logs and figures call it' },
    url: { kind: 'url', about: 'Where events are sent; redirects are not followed' },
    format: words('The form of events', EVENT_FORMATS, { initial: 'distribution' }),
    actions: words('What to tell of; without it push, delete and mount', EVENT_ACTIONS, {
      isList: true,
    }),
    repositories: texts('Patterns of repositories; without it all'),
    'media-types': texts('Patterns of media types; without it all'),
    secret: secret('Signs bodies: X-Hub-Signature-256'),
    headers: {
      kind: 'map',
      about: 'Headers to send; those with keys, tokens and the like are secrets',
      isSecret: (name) => /auth|token|secret|key|cookie|password/i.test(name),
    },
    ca: { kind: 'path', about: 'Authorities, in PEM, for its certificate' },
    timeout: time('How long an attempt may take', '10s'),
    'give-up-after': time('How old an event may get', '24h'),
  },
};

/** Everything that a config file of a registry may say: its reader, schema and document are made of this. */
export const CONFIG: Section = section('Settings of a registry', {
  address: of('addr', { initial: '127.0.0.1:5000' }),
  'external-url': live('external-url', { kind: 'url' }),
  'read-only': of('read-only', { initial: false }),
  'stop-timeout': of('stop-timeout', { initial: '10s' }),
  storage: section('Where everything is kept', {
    data: of('data'),
    s3: section('A bucket, in the place of a folder', {
      bucket: of('s3'),
      endpoint: of('s3-endpoint'),
      'path-style': of('s3-path-style'),
      redirect: of('s3-redirect'),
      region: of('s3-region'),
      credentials: section("Without it those that Amazon's own tools would use", {
        'access-key-id': secret('Name of the key'),
        'secret-access-key': secret('The key'),
        'session-token': secret('Of temporary credentials'),
      }),
    }),
  }),
  tls: section('Without it plain HTTP is spoken', {
    cert: live('tls-cert'),
    key: live('tls-key'),
    'client-ca': live('tls-client-ca'),
    'require-client': of('tls-require-client', { initial: false }),
    'self-signed': of('tls-self-signed', { initial: false }),
  }),
  access: section('Who gets in, and what they may do', {
    htpasswd: live('htpasswd'),
    groups: live('groups'),
    allow: live('allow'),
    'failed-logins': live('failed-logins', { initial: 10 }),
    'trusted-proxies': live('trusted-proxy'),
    tokens: section('Tokens of this registry, or of a service elsewhere', {
      own: live('tokens', { initial: false }),
      life: live('token-life', { initial: '5m' }),
      service: live('token-service'),
      realm: live('token-realm', { kind: 'url' }),
      issuer: live('token-issuer'),
      keys: live('token-keys'),
    }),
  }),
  limits: section('What clients may take', {
    'blob-size': of('max-blob-size', { initial: '256g' }),
    'manifest-size': of('max-manifest-size', { initial: '4m' }),
    'repository-size': of('max-repository-size'),
    connections: of('max-connections'),
    uploads: of('max-uploads', { initial: 1000 }),
    'requests-per-second': of('rate-limit'),
    'idle-timeout': of('idle-timeout', { initial: '1m' }),
  }),
  keep: section('How the registry keeps itself in order', {
    'gc-interval': of('gc-interval', { initial: '6h' }),
    'gc-grace': of('gc-grace', { initial: '24h' }),
    'scrub-interval': of('scrub-interval', { initial: '168h' }),
    'scrub-rate': of('scrub-rate', { initial: '10m' }),
    rules: live('rules'),
    immutable: texts('Tags that never change: patterns REPOSITORY:TAG', {
      isReloaded: true,
      read(text) {
        if (!/^[^:]+:[^:]+$/.test(text)) throw new RangeError('not REPOSITORY:TAG');
        return text;
      },
    }),
    retention: {
      kind: 'sections',
      about: 'Which tags stay',
      of: RETENTION,
      isReloaded: true,
    },
  }),
  mirrors: { kind: 'sections', about: 'What comes from registries elsewhere', of: MIRROR },
  sync: { kind: 'sections', about: 'Jobs that copy from registries elsewhere', of: SYNC },
  page: section('The page for browsers', { off: of('no-page', { initial: false }) }),
  audit: section('A log of who did what', {
    file: of('audit-log'),
    reads: of('audit-reads', { initial: false }),
  }),
  log: section('The log on standard error', {
    format: of('log-format', { initial: 'text' }),
    level: live('log-level', { initial: 'info' }),
    requests: live('log-requests', { initial: false }),
  }),
  metrics: section('Figures for Prometheus', {
    address: of('metrics'),
    users: of('metrics-user'),
  }),
  webhooks: section('Telling others what happens', {
    queue: { kind: 'path', about: 'The file in which events wait; with the data by default' },
    limit: { kind: 'int', about: 'How many may wait for each endpoint', initial: 10_000 },
    endpoints: { kind: 'sections', about: 'Who is told', of: ENDPOINT, isReloaded: true },
  }),
});
