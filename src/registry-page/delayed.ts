import { useEffect, useState } from 'preact/hooks';

/** What a field says once nobody has typed for a moment. */
export function useDelayed(text: string, wait = 200): string {
  const [value, setValue] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setValue(text), wait);
    return () => clearTimeout(timer);
  }, [text, wait]);
  return value;
}
