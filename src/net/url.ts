/** A URL as it may be shown and kept: without user name and password. */
export function shownUrl(url: string | URL): string {
  let copy: URL;
  try {
    copy = new URL(url);
  } catch {
    return String(url).replace(/\/\/[^/@\s]*@/, '//');
  }
  if (copy.username === '' && copy.password === '') return String(url);
  copy.username = '';
  copy.password = '';
  return copy.href;
}

/** The `Authorization` header that the user name and password of a URL stand for. */
export function basicAuthorization(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const [user, password] = [url.username, url.password].map(decoded);
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
