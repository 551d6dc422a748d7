const HTML: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\uFFFD',
};

/** What HTML would take for marks, as entities. */
export function html(text: string): string {
  return text.replace(/["'&<>\0]/g, (mark) => HTML[mark] ?? mark);
}

/** What would end a JavaScript string, or cannot be printed, escaped. */
export function js(text: string): string {
  return text.replace(/[\\'"<>&=\x00-\x1f]|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (mark) =>
    ['\\', "'", '"'].includes(mark)
      ? `\\${mark}`
      : `\\u${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}

/** As a value in the query of a URL. */
export function urlquery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
