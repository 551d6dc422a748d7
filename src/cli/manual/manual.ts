/** What a command's page says beyond its table: loaded by help alone. */
export interface Manual {
  /** Paragraphs on what the command does that its summary and options do not tell. */
  readonly text?: readonly string[];
  /** Exit codes that mean more than failure (1) and a wrong command line (125). */
  readonly exits?: readonly (readonly [code: string, meaning: string])[];
}

/** By canonical name. */
export type Manuals = Readonly<Record<string, Manual>>;
