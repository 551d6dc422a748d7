/** What `--build-context name=…` stands for. */
export type NamedContext =
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'directory'; readonly path: string };

/** The named context that a text means; `alpine` and `alpine:latest` are the same name. */
export function contextNamed(
  contexts: ReadonlyMap<string, NamedContext>,
  text: string,
): { name: string; context: NamedContext } | undefined {
  for (const name of [text, `${text}:latest`, text.replace(/:latest$/, '')]) {
    const context = contexts.get(name);
    if (context) return { name, context };
  }
  return undefined;
}
