/** User name and password as http URLs carry them, or a password behind another scheme's user name. */
const IN_HTTP = /(\bhttps?:\/\/)[^\s/@'"`<>]+@/gi;
const PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/@:'"`<>]+):[^\s/@'"`<>]*@/gi;

/** Text for people without the credentials that URLs in it carry. */
export function withoutCredentials(text: string): string {
  if (!text.includes('@')) return text;
  return text.replace(IN_HTTP, '$1').replace(PASSWORD, '$1@');
}
