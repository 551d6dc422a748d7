import { InvalidInputError } from '../../base/errors.ts';
import { isRepositoryName } from '../names.ts';

/** A registry elsewhere, and how it is spoken to. Paths are absolute. */
export interface UpstreamSettings {
  /** `docker.io`, `ghcr.io/team` for what is below `team/`, `http://10.0.0.2:5000` for plain HTTP. */
  readonly upstream: string;
  /** Who this registry is there; nobody by default. */
  readonly user?: string | undefined;
  /** The file with the user's password, on its first line. */
  readonly passwordFile?: string | undefined;
  /** A file like Docker's `config.json`, helpers included, in which credentials are looked for. */
  readonly authFile?: string | undefined;
  /** A file with authorities that are trusted besides the usual ones, in PEM. */
  readonly ca?: string | undefined;
  /** Any certificate will do, and plain HTTP too. */
  readonly insecure?: boolean | undefined;
}

/** Repositories that are read through from a registry elsewhere. Times are in milliseconds. */
export interface MirrorSettings extends UpstreamSettings {
  /** Repositories below it are the upstream's: `hub`. Empty: all that are below no other one. */
  readonly prefix: string;
  /** Registries that the upstream stands for, by the names that clients have for them (`ns`); itself alone. */
  readonly standsFor?: readonly string[] | undefined;
  /** How long a tag is believed before the upstream is asked again; a minute. */
  readonly tagLife?: number | undefined;
  /** How long it is believed that the upstream lacks something; 30 seconds. */
  readonly missingLife?: number | undefined;
  /** How long what a tag meant is served while the upstream cannot be asked; a week. */
  readonly staleLife?: number | undefined;
}

/** An upstream in its parts. */
export interface UpstreamPlace {
  /** `docker.io`, `10.0.0.2:5000`. */
  readonly registry: string;
  /** What comes before the names of repositories: `team/`, or nothing. */
  readonly path: string;
  readonly plain: boolean;
}

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Reads what an upstream is called. Throws InvalidInputError. */
export function upstreamPlace(text: string): UpstreamPlace {
  const [, scheme, host = '', rest = ''] =
    /^(?:(https?):\/\/)?([^/]+)((?:\/[^/]+)*)\/?$/.exec(text) ?? [];
  const path = rest.slice(1);
  if (!HOST.test(host) || (path !== '' && !isRepositoryName(path))) {
    throw new InvalidInputError(`"${text}" is no registry`, {
      hint: 'An upstream is HOST, HOST:PORT or HOST/PATH, with "http://" before it for plain HTTP.',
    });
  }
  const registry = /^(?:index\.|registry-1\.)?docker\.io$/.test(host) ? 'docker.io' : host;
  return { registry, path: path === '' ? '' : `${path}/`, plain: scheme === 'http' };
}

/** Reads `PREFIX=UPSTREAM`. Throws InvalidInputError. */
export function parseMirror(text: string): MirrorSettings {
  const at = text.indexOf('=');
  const prefix = text.slice(0, Math.max(at, 0));
  if (at < 0 || !isRepositoryName(prefix)) {
    throw new InvalidInputError(`"${text}" is not PREFIX=UPSTREAM`, {
      hint: "For example 'hub=docker.io', or 'team=https://registry.example/team'.",
    });
  }
  const upstream = text.slice(at + 1);
  upstreamPlace(upstream);
  return { prefix, upstream };
}
