import { useEffect, useRef } from 'preact/hooks';
import { greet, Refusal, session, signOut } from './api.ts';
import { ImageView } from './image-view.tsx';
import { Problem } from './parts.tsx';
import { RepositoriesView } from './repositories-view.tsx';
import { RepositoryView } from './repository-view.tsx';
import { route } from './route.ts';
import { asRefusal } from './load.ts';
import { signal } from '@preact/signals';
import { SignIn, wantsSignIn } from './sign-in.tsx';
import { said } from './say.ts';
import { nextTheme, theme } from './theme.ts';

const failure = signal<Refusal | undefined>(undefined);

greet().catch((error: unknown) => {
  failure.value = asRefusal(error);
});

/** The whole page. */
export function App() {
  const { value: error } = failure;
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>('main')?.focus();
        }}
      >
        Skip to content
      </a>
      <Head />
      <main id="main" tabIndex={-1}>
        {error ? (
          <Problem error={error} />
        ) : session.value ? (
          <View />
        ) : (
          <p class="wait">Loading…</p>
        )}
      </main>
      <footer>
        <span>
          Served by <strong>stave registry serve</strong>
        </span>
        <span>
          API: <code>/v2/</code>
        </span>
      </footer>
      <p class="unseen" role="status" aria-live="polite">
        {said.value}
      </p>
      {wantsSignIn.value && <SignIn />}
    </>
  );
}

function Head() {
  const user = session.value?.user ?? null;
  const login = session.value?.login.kind ?? 'none';
  return (
    <header>
      <a class="brand" href="#/">
        <span class="mark" aria-hidden="true" />
        <span>{location.host}</span>
      </a>
      <span class="spring" />
      {session.value?.readOnly === true && <span class="chip">read-only</span>}
      <button type="button" class="quiet" onClick={nextTheme} aria-label={`Theme: ${theme.value}`}>
        <span aria-hidden="true">{{ auto: '◐', light: '☀', dark: '☾' }[theme.value]}</span>
        <span class="wide">{theme.value}</span>
      </button>
      {user !== null && <span class="user">{user}</span>}
      {user === null && login !== 'none' && (
        <button type="button" onClick={() => (wantsSignIn.value = true)}>
          Sign in
        </button>
      )}
      {user !== null && login !== 'none' && (
        <button type="button" class="quiet" onClick={signOut}>
          Sign out
        </button>
      )}
    </header>
  );
}

function View() {
  const at = route.value;
  const isFirst = useRef(true);
  const key =
    at.view === 'repositories' ? '' : at.view === 'image' ? `${at.name} ${at.reference}` : at.name;
  useEffect(() => {
    const what = at.view === 'image' ? `${at.name}:${at.reference}` : key;
    document.title = what === '' ? `Repositories · ${location.host}` : `${what} · ${location.host}`;
    // Whoever uses a keyboard goes on where the new content begins.
    if (!isFirst.current) {
      document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [key]);
  switch (at.view) {
    case 'repositories':
      return <RepositoriesView />;
    case 'repository':
      return <RepositoryView key={at.name} name={at.name} />;
    case 'image':
      return <ImageView key={key} {...at} />;
  }
}
