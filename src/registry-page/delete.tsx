import { useEffect, useRef, useState } from 'preact/hooks';
import { all, epoch, remove } from './api.ts';
import { asRefusal } from './load.ts';
import { shown } from './format.ts';
import { linkTo } from './route.ts';
import { say } from './say.ts';

type What = 'tag' | 'manifest';

/** Ways to delete what is shown, for those who may. Nothing goes without being asked for again. */
export function DeleteButtons({
  name,
  tag,
  digest,
}: {
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string;
}) {
  const [what, setWhat] = useState<What>();
  return (
    <div class="buttons">
      {tag !== undefined && (
        <button type="button" class="quiet danger" onClick={() => setWhat('tag')}>
          Delete tag
        </button>
      )}
      <button type="button" class="quiet danger" onClick={() => setWhat('manifest')}>
        Delete manifest
      </button>
      {what && (
        <Confirm
          name={name}
          reference={what === 'tag' && tag !== undefined ? tag : digest}
          what={what}
          onClose={() => setWhat(undefined)}
        />
      )}
    </div>
  );
}

function Confirm({
  name,
  reference,
  what,
  onClose,
}: {
  readonly name: string;
  readonly reference: string;
  readonly what: What;
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  const go = async (): Promise<void> => {
    try {
      await remove(`/v2/${name}/manifests/${reference}`, all(name));
      dialog.current?.close();
      say(`Deleted ${reference}`);
      epoch.value += 1;
      location.hash = linkTo(name);
    } catch (failure) {
      setError(shown(asRefusal(failure).message));
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="confirm" onClose={onClose}>
      <h2 id="confirm">Delete this {what}?</h2>
      <p class="break">
        <code>
          {name}
          {what === 'tag' ? ':' : '@'}
          {reference}
        </code>
      </p>
      <p class="note">
        {what === 'tag'
          ? 'Only the name goes. What it means stays under its digest and other tags, until a rule of this registry removes it.'
          : 'It goes with every tag that means it, and cannot be pulled any more, by its digest either.'}
      </p>
      <p class="wrong" role="alert">
        {error}
      </p>
      <div class="buttons">
        <button type="button" class="quiet" autofocus onClick={() => dialog.current?.close()}>
          Keep it
        </button>
        <button type="button" class="strong danger" onClick={() => void go()}>
          Delete {what}
        </button>
      </div>
    </dialog>
  );
}
