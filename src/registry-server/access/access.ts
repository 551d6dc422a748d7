import type { IncomingMessage } from 'node:http';
import type { Exchange } from '../answer.ts';
import type { Problem } from '../errors.ts';

/** What can be done in a repository. */
export type Action = 'pull' | 'push' | 'delete';

/** What a token is limited to. */
export interface Grants {
  /** Actions by repository. */
  readonly repositories: ReadonlyMap<string, ReadonlySet<string>>;
  /** The list of repositories may be asked for. */
  readonly catalog: boolean;
}

/** Who asks. */
export interface Caller {
  /** Undefined for those who have not signed in. */
  readonly name: string | undefined;
  readonly by: 'nothing' | 'password' | 'token' | 'certificate';
  /** Only for tokens. */
  readonly grants?: Grants | undefined;
}

/** What a request needs before it is looked at. */
export type Need =
  | { readonly kind: 'nothing' }
  /** Having signed in, or a token: clients ask the first address how to do so. */
  | { readonly kind: 'a greeting' }
  | { readonly kind: 'catalog' }
  | {
      readonly kind: 'repository';
      readonly repository: string;
      readonly action: Action;
      /** The repository that a blob is to be taken over from; it need not be possible. */
      readonly source?: string | undefined;
    };

/** What answers an address of the access itself: that of tokens, for one. */
export type OwnHandler = (exchange: Exchange) => Promise<void> | void;

/** Handlers by method. */
export type OwnMethods = Readonly<Partial<Record<'GET' | 'POST', OwnHandler>>>;

/**
 * Decides who somebody is and what they may do. Nothing of it looks at what the registry holds,
 * so that no answer tells whether a repository exists.
 */
export interface Access extends Disposable {
  /** At once for those who were known lately. Throws Problem 401 or 429 for bad credentials. */
  identify(request: IncomingMessage): Caller | Promise<Caller>;
  /** Undefined for those who may; 401 for those who could sign in, 403 for others. */
  refusal(request: IncomingMessage, caller: Caller, need: Need): Problem | undefined;
  may(caller: Caller, repository: string, action: Action): boolean;
  /** True for what a list of repositories may name, once it may be asked for at all. */
  mayList(caller: Caller, repository: string): boolean;
  /** True for who may pull from all repositories, those to come too. */
  seesAll(caller: Caller): boolean;
  /** The address of a client, behind trusted proxies too. */
  addressOf(request: IncomingMessage): string;
  /** Handlers of further addresses, by path and method. */
  readonly addresses: ReadonlyMap<string, OwnMethods>;
}

/** Somebody who has shown nothing. */
export const NOBODY: Caller = { name: undefined, by: 'nothing' };
