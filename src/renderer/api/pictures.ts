import { useEffect, useState } from 'react';
import type { SignaturePicture } from '../../shared/domain/documents.ts';
import { call } from './bridge.ts';
import { createStore, useStore } from './store.ts';

/** The seal pictures that can be chosen; null until they are known. One list for all screens. */
const list = createStore<SignaturePicture[] | null>(null);

export interface Pictures {
  list: SignaturePicture[] | null;
  /** Why there is no list, or why the last picture was refused. */
  error: unknown;
  /** Opens the dialog; null where the user closed it or the picture was refused (then `error` says why). */
  choose(): Promise<SignaturePicture | null>;
  forget(id: string): Promise<void>;
}

/** The seal pictures, and the ways to add and to remove one. */
export function usePictures(): Pictures {
  const seals = useStore(list);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let wanted = true;
    call('pictures.list').then(
      (found) => list.write(found),
      (reason: unknown) => wanted && setError(reason),
    );
    return () => {
      wanted = false;
    };
  }, []);
  return {
    list: seals,
    error,
    async choose() {
      setError(null);
      try {
        const chosen = await call('pictures.choose');
        if (chosen) list.write([chosen, ...(list.read() ?? []).filter(({ id }) => id !== chosen.id)]);
        return chosen;
      } catch (reason) {
        setError(reason);
        return null;
      }
    },
    async forget(id) {
      setError(null);
      try {
        await call('pictures.forget', { id });
        list.write((list.read() ?? []).filter((seal) => seal.id !== id));
      } catch (reason) {
        setError(reason);
      }
    },
  };
}

/** Pictures stay for the life of the window: there are few of them, and each one is shown in several places. */
const urls = new Map<string, Promise<string>>();

function urlOf(seal: SignaturePicture): Promise<string> {
  const known = urls.get(seal.sha256);
  if (known) return known;
  const made = call('pictures.bytes', { id: seal.id }).then((bytes) =>
    URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'image/png' })),
  );
  urls.set(seal.sha256, made);
  // A failure is not kept: the next one who asks tries again.
  made.catch(() => urls.delete(seal.sha256));
  return made;
}

/** The picture of a seal as an address for `<img>`; '' while it is read or where it cannot be. */
export function usePictureUrl(seal: SignaturePicture | null): string {
  const [held, setHeld] = useState({ sha256: '', url: '' });
  useEffect(() => {
    if (!seal) return;
    let wanted = true;
    const hold = (url: string) => wanted && setHeld({ sha256: seal.sha256, url });
    urlOf(seal).then(hold, () => hold(''));
    return () => {
      wanted = false;
    };
  }, [seal]);
  return seal && held.sha256 === seal.sha256 ? held.url : '';
}
