import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { session, signIn } from './api.ts';
import { shown } from './format.ts';
import { asRefusal } from './load.ts';
import { say } from './say.ts';

/** Whether the form is to be seen. */
export const wantsSignIn = signal(false);

/** The form for those who sign in. What is typed goes to the registry and is not kept. */
export function SignIn() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState('');
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const login = session.value?.login ?? { kind: 'none' as const };
  const isToken = login.kind === 'elsewhere';
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const fields = new FormData(form);
    setBusy(true);
    try {
      await signIn(login, textOf(fields, 'user'), textOf(fields, 'password'));
      wantsSignIn.value = false;
      say('Signed in');
    } catch (failure) {
      const refusal = asRefusal(failure);
      setError(refusal.status === 401 ? 'The user or the password is wrong.' : refusal.message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="sign-in" onClose={() => (wantsSignIn.value = false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <h2 id="sign-in">Sign in</h2>
        {isToken ? (
          <p class="note">
            Tokens for this registry come from <code>{shown(login.realm)}</code>. Paste one.
          </p>
        ) : (
          <label>
            User
            <input name="user" autocomplete="username" autocapitalize="none" required autofocus />
          </label>
        )}
        <label>
          {isToken ? 'Token' : 'Password'}
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <p class="wrong" role="alert">
          {error}
        </p>
        <p class="note">Kept in this page’s memory only: closing or reloading it signs you out.</p>
        <div class="buttons">
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="strong" disabled={isBusy}>
            Sign in
          </button>
        </div>
      </form>
    </dialog>
  );
}

function textOf(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}
