import type { Digest } from '../../oci/digest.ts';
import { answerJson, type Exchange } from '../answer.ts';
import { Assets } from './assets.ts';
import { answerFiles } from './files.ts';
import { imageAnswer } from './image.ts';
import { LayerLists } from './layer-lists.ts';
import type { PageParts } from './page.ts';
import { repositoryPage } from './repositories.ts';
import { sessionOf } from './session.ts';
import { sizesOf } from './sizes.ts';
import { Summaries } from './summaries.ts';
import { tagPage } from './tags.ts';

/** What answers the addresses of the page. */
export interface PageAnswers {
  front(exchange: Exchange): void;
  asset(exchange: Exchange, name: string): void;
  session(exchange: Exchange): Promise<void>;
  repositories(exchange: Exchange): Promise<void>;
  tags(exchange: Exchange, repository: string): Promise<void>;
  sizes(exchange: Exchange, repository: string): Promise<void>;
  image(exchange: Exchange, repository: string, reference: string): Promise<void>;
  files(exchange: Exchange, repository: string, layer: Digest): Promise<void>;
}

/** What somebody may see is nothing for caches. */
const PRIVATE = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** Opens what answers; it keeps what it has learnt of images in bounded memory. */
export function openAnswers({ assets, storage, readOnly }: PageParts): PageAnswers {
  const files = new Assets(assets);
  const summaries = new Summaries(storage);
  const lists = new LayerLists(storage);
  const give = async (exchange: Exchange, answer: Promise<object>): Promise<void> => {
    answerJson(exchange, 200, JSON.stringify(await answer), PRIVATE);
  };
  return {
    front: (exchange) => files.front(exchange),
    asset: (exchange, name) => files.give(exchange, name),
    session: (exchange) => give(exchange, sessionOf(exchange, storage, readOnly)),
    repositories: (exchange) => give(exchange, repositoryPage(exchange, storage)),
    tags: (exchange, name) => give(exchange, tagPage(exchange, summaries, name)),
    sizes: (exchange, name) => give(exchange, sizesOf(exchange, summaries, name)),
    image: (exchange, name, reference) =>
      give(exchange, imageAnswer(exchange, summaries, name, { reference, readOnly })),
    files: (exchange, name, layer) => give(exchange, answerFiles(exchange, lists, name, layer)),
  };
}
