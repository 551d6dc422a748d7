import { type Digest, isDigest } from '../../oci/digest.ts';
import type { Need } from '../access/access.ts';
import type { Exchange } from '../answer.ts';
import { Problem } from '../errors.ts';
import { isRepositoryName, isTag } from '../names.ts';
import type { RegistryStorage } from '../storage.ts';
import type { PageAnswers } from './answers.ts';

/** What the page is made of. */
export interface PageParts {
  /** The folder of its files: `index.html` and what that names. */
  readonly assets: string;
  readonly storage: RegistryStorage;
  readonly readOnly: boolean;
}

/** An address of the page: what it needs, and what answers `GET`. */
export interface PagePlace {
  readonly need: Need;
  readonly answer: (exchange: Exchange) => Promise<void>;
}

/** The page for browsers. Its parts are loaded when somebody asks for it. */
export interface Page {
  /** Undefined for addresses that are not the page's. Throws Problem 400 for bad names. */
  at(path: string): PagePlace | undefined;
}

const NOTHING: Need = { kind: 'nothing' };
const ASSETS = '/page/';
const API = '/api/';

/** Makes the page, of which nothing has been loaded yet. */
export function makePage(parts: PageParts): Page {
  let loaded: Promise<PageAnswers> | undefined;
  const load = (): Promise<PageAnswers> => {
    loaded ??= import('./answers.ts').then(({ openAnswers }) => openAnswers(parts));
    return loaded;
  };
  const place = (
    need: Need,
    answer: (answers: PageAnswers, exchange: Exchange) => Promise<void> | void,
  ): PagePlace => ({ need, answer: async (exchange) => answer(await load(), exchange) });
  return {
    at(path) {
      if (path === '/') return place(NOTHING, (answers, exchange) => answers.front(exchange));
      if (path.startsWith(ASSETS)) {
        const name = path.slice(ASSETS.length);
        return place(NOTHING, (answers, exchange) => answers.asset(exchange, name));
      }
      return path.startsWith(API) ? apiPlace(path.slice(API.length), place) : undefined;
    },
  };
}

function apiPlace(
  path: string,
  place: (
    need: Need,
    answer: (answers: PageAnswers, exchange: Exchange) => Promise<void> | void,
  ) => PagePlace,
): PagePlace | undefined {
  if (path === 'session') return place(NOTHING, (answers, exchange) => answers.session(exchange));
  if (path === 'repositories') {
    return place({ kind: 'catalog' }, (answers, exchange) => answers.repositories(exchange));
  }
  const [verb = '', ...parts] = path.split('/');
  const pull = (name: string): Need => ({
    kind: 'repository',
    repository: checkedName(name),
    action: 'pull',
  });
  const whole = parts.join('/');
  const name = parts.slice(0, -1).join('/');
  const last = parts.at(-1) ?? '';
  switch (verb) {
    case 'tags':
      return place(pull(whole), (answers, exchange) => answers.tags(exchange, whole));
    case 'sizes':
      return place(pull(whole), (answers, exchange) => answers.sizes(exchange, whole));
    case 'images': {
      const reference = checkedReference(last);
      return place(pull(name), (answers, exchange) => answers.image(exchange, name, reference));
    }
    case 'files': {
      const digest = checkedDigest(last);
      return place(pull(name), (answers, exchange) => answers.files(exchange, name, digest));
    }
    default:
      return undefined;
  }
}

function checkedName(text: string): string {
  if (isRepositoryName(text)) return text;
  throw new Problem(400, 'NAME_INVALID', 'the repository cannot be called so');
}

function checkedReference(text: string): string {
  if (isTag(text) || isDigest(text)) return text;
  throw new Problem(400, 'NAME_INVALID', 'that is neither a tag nor a digest');
}

function checkedDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new Problem(400, 'DIGEST_INVALID', 'the digest is none of sha256 or sha512');
}
