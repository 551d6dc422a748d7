import { signal } from '@preact/signals';

/** What readers of the screen are told. */
export const said = signal('');

/** Tells them something, the same twice too. */
export function say(text: string): void {
  said.value = '';
  setTimeout(() => {
    said.value = text;
  });
}
