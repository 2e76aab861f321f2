import { useEffect, useState } from 'react';
import type { SealPicture } from '../../shared/domain/index.ts';
import { call } from '../api/index.ts';

/** The seal pictures that can be chosen, and the way to add one; `error` where the list can't be had. */
export function useSeals() {
  const [list, setList] = useState<SealPicture[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let wanted = true;
    call('seals.list').then(
      (seals) => wanted && setList(seals),
      (reason: unknown) => wanted && setError(reason),
    );
    return () => {
      wanted = false;
    };
  }, []);
  /** Opens the dialog; null where the user closed it or the picture was refused (then `error` says why). */
  const choose = async (): Promise<SealPicture | null> => {
    try {
      setError(null);
      const chosen = await call('seals.choose');
      if (chosen) setList((now) => [chosen, ...(now ?? []).filter((seal) => seal.id !== chosen.id)]);
      return chosen;
    } catch (reason) {
      setError(reason);
      return null;
    }
  };
  return { list, error, choose };
}

/** Pictures stay for the life of the window: there are few of them, and each one is shown in several places. */
const urls = new Map<string, Promise<string>>();

function urlOf(seal: SealPicture): Promise<string> {
  const known = urls.get(seal.sha256);
  if (known) return known;
  const made = call('seals.bytes', { id: seal.id }).then((bytes) =>
    URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'image/png' })),
  );
  urls.set(seal.sha256, made);
  // A failure is not kept: the next one who asks tries again.
  made.catch(() => urls.delete(seal.sha256));
  return made;
}

/** The picture of a seal as an address for `<img>`; '' while it is read or where it can't be. */
export function useSealUrl(seal: SealPicture | null): string {
  const [held, setHeld] = useState({ sha256: '', url: '' });
  useEffect(() => {
    if (!seal) return;
    let wanted = true;
    urlOf(seal).then(
      (url) => wanted && setHeld({ sha256: seal.sha256, url }),
      // The check "seal" of the panel says what is wrong with the picture.
      () => wanted && setHeld({ sha256: seal.sha256, url: '' }),
    );
    return () => {
      wanted = false;
    };
  }, [seal]);
  return seal && held.sha256 === seal.sha256 ? held.url : '';
}
