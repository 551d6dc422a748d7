/** Who may do what, as text: `WHO:PATTERN:ACTIONS`. {@link parseRule} says what it means. */
export type RuleText = string;

/** A token service elsewhere, which decides alone what its tokens allow. */
export interface OutsideTokens {
  /** The address of the token service, to which clients are sent. */
  readonly realm: string;
  /** What this registry is called there; the audience of tokens. */
  readonly service: string;
  /** Who issues tokens. */
  readonly issuer: string;
  /** A file (JWK set, or public keys and certificates in PEM), or the URL of a JWK set. */
  readonly keys: string;
}

/** Tokens that this registry makes itself. */
export interface OwnTokens {
  /** The folder of the signing keys. Made when it is not there, for its owner alone. */
  readonly directory: string;
  /** What this registry is called in tokens. */
  readonly service: string;
  /** How long a token is good, in seconds. */
  readonly life: number;
}

/** Who gets in, and what they may do. Everyone may do everything when there is nothing in it. */
export interface AccessSettings {
  /** A file of `name:bcrypt hash` lines. It is read again when it has changed. */
  readonly passwords?: string | undefined;
  /** A file of `group: name name …` lines. It is read again when it has changed. */
  readonly groups?: string | undefined;
  /** What the question for a password names. */
  readonly realm?: string | undefined;
  /** Without any, whoever has signed in may do everything, and others nothing. */
  readonly rules?: readonly RuleText[] | undefined;
  readonly ownTokens?: OwnTokens | undefined;
  readonly outsideTokens?: OutsideTokens | undefined;
  /** Certificates of clients were asked for: the common name is who they are. */
  readonly certificates?: boolean | undefined;
  /** How clients reach this registry, when they cannot be asked: `https://registry.example`. */
  readonly externalUrl?: string | undefined;
  /** Addresses and networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-…` headers are believed. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Wrong passwords that an address may send in a minute for one user. 10 by default. */
  readonly failedLogins?: number | undefined;
}
