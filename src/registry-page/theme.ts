import { effect, signal } from '@preact/signals';

/** How the page looks: as the system wants it, or one way always. */
export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'stave-theme';
const ORDER: readonly Theme[] = ['auto', 'light', 'dark'];

/** What was chosen; it is remembered in this browser. */
export const theme = signal<Theme>(remembered());

/** Goes on to the next one. */
export function nextTheme(): void {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length] ?? 'auto';
}

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // A browser that keeps nothing looks as the system wants it.
  }
});

function remembered(): Theme {
  try {
    const found = localStorage.getItem(KEY);
    return ORDER.find((one) => one === found) ?? 'auto';
  } catch {
    return 'auto';
  }
}
