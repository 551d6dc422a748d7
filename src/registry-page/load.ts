import { useEffect, useState } from 'preact/hooks';
import { epoch, Refusal } from './api.ts';

/** What becomes of a question. */
export interface Loaded<T> {
  readonly data?: T;
  readonly error?: Refusal;
}

/**
 * Asks when `key` changes, and when somebody signs in or out or something was deleted. Answers to
 * questions that are not asked any more are passed over.
 */
export function useLoad<T>(key: string, ask: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<Loaded<T> & { readonly key: string }>({ key: '' });
  const own = `${epoch.value} ${key}`;
  useEffect(() => {
    let isWanted = true;
    ask().then(
      (data) => isWanted && setState({ key: own, data }),
      (error: unknown) => isWanted && setState({ key: own, error: asRefusal(error) }),
    );
    return () => {
      isWanted = false;
    };
  }, [own]);
  return state.key === own ? state : {};
}

/** A list that is asked for page by page. */
export interface Listed<T> extends Loaded<readonly T[]> {
  /** Asks for the next page; undefined when there is none. */
  readonly more?: () => void;
}

/** The same for lists: `ask` gets where the page begins, and gives where the next one does. */
export function useList<T, P>(
  key: string,
  ask: (
    from: P | undefined,
  ) => Promise<{ readonly rows: readonly T[]; readonly next: P | undefined }>,
): Listed<T> {
  const first = useLoad(key, () => ask(undefined));
  const [rest, setRest] = useState<{
    readonly of: unknown;
    readonly rows: readonly T[];
    readonly next: P | undefined;
    readonly error?: Refusal;
  }>();
  const { data, error } = first;
  if (!data) return error ? { error } : {};
  const isMine = rest !== undefined && rest.of === data;
  const rows = isMine ? [...data.rows, ...rest.rows] : data.rows;
  const next = isMine ? rest.next : data.next;
  const more = (): void => {
    const before = isMine ? rest.rows : [];
    ask(next).then(
      (page) => setRest({ of: data, rows: [...before, ...page.rows], next: page.next }),
      (failure: unknown) => setRest({ of: data, rows: before, next, error: asRefusal(failure) }),
    );
  };
  return {
    data: rows,
    ...(isMine && rest.error && { error: rest.error }),
    ...(next !== undefined && { more }),
  };
}

/** What went wrong, in words that can be shown. */
export function asRefusal(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal(0, 'Something went wrong in this page.');
}
