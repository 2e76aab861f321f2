import { type DragEvent, useCallback, useEffect, useRef, useState } from 'react';
import type { DocumentInfo, StampResult, Verification } from '../../shared/domain/index.ts';
import { call, ticketFor } from '../api/index.ts';
import { Button, Dialog, Trouble, useTexts } from '../look/index.ts';
import { useRouter } from '../shell/index.ts';
import './documents.css';
import { type Done, DoneView, type Landed } from './DoneView.tsx';
import { PasswordDialog } from './PasswordDialog.tsx';
import { type Mode, Start } from './Start.tsx';
import { VerifyView } from './VerifyView.tsx';
import { Workbench } from './Workbench.tsx';

interface Opened {
  /** Grows with each document that is opened: nothing of the one before stays on the screen. */
  number: number;
  info: DocumentInfo;
  password: string | undefined;
  mode: Mode | 'done';
  done: Done | null;
  /** A verdict that is known already. */
  verification: Verification | null;
}

interface Asking {
  id: string;
  name: string;
  mode: Mode;
  wrong: boolean;
}

function codeAndDetails(error: unknown): { code: string; id: string; name: string } {
  const { code, details } = (error ?? {}) as { code?: unknown; details?: Record<string, unknown> };
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { code: text(code), id: text(details?.id), name: text(details?.name) };
}

/** The documents screen: open, stamp, see the result, verify. */
export default function DocumentsScreen() {
  const { t } = useTexts();
  const router = useRouter();
  const [opened, setOpened] = useState<Opened | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [placeWish, setPlaceWish] = useState(false);
  const counter = useRef(0);
  const openedNow = useRef(opened);
  openedNow.current = opened;

  const show = useCallback((info: DocumentInfo, mode: Mode, password?: string) => {
    const before = openedNow.current;
    counter.current++;
    setAsking(null);
    setError(null);
    setOpened({ number: counter.current, info, password, mode, done: null, verification: null });
    if (before && before.info.id !== info.id) call('documents.close', { id: before.info.id }).catch(setError);
  }, []);

  /** Runs one way of opening; a password that is needed is asked for, other trouble is told. */
  const open = useCallback(
    async (mode: Mode, way: () => Promise<DocumentInfo | null>, known?: { id: string; name: string }) => {
      setBusy(true);
      setError(null);
      try {
        const info = await way();
        if (info) show(info, mode);
      } catch (reason) {
        const { code, id, name } = codeAndDetails(reason);
        const handle = id || known?.id;
        if (code === 'document.password-needed' && handle)
          setAsking({ id: handle, name: name || known?.name || '', mode, wrong: false });
        else setError(reason);
      } finally {
        setBusy(false);
      }
    },
    [show],
  );

  const choose = useCallback((mode: Mode) => void open(mode, () => call('documents.choose')), [open]);
  const dropped = useCallback(
    (file: File, mode: Mode) =>
      void open(mode, () => call('documents.dropped', { ticket: ticketFor(file) }), {
        id: '',
        name: file.name,
      }),
    [open],
  );
  const recent = (id: string, name: string, mode: Mode) =>
    void open(mode, () => call('documents.open', { id }), { id, name });

  const unlock = async (password: string) => {
    if (!asking) return;
    setBusy(true);
    try {
      show(await call('documents.unlock', { id: asking.id, password }), asking.mode, password);
    } catch (reason) {
      const { code } = codeAndDetails(reason);
      if (code === 'document.password-wrong' || code === 'document.password-needed')
        setAsking({ ...asking, wrong: true });
      else {
        setAsking(null);
        setError(reason);
      }
    } finally {
      setBusy(false);
    }
  };

  // What the shell was asked for from outside this screen: the menu, the keyboard, a file opened from the desktop.
  const { intent, taken, place } = router;
  useEffect(() => {
    if (place !== 'documents' || !intent) return;
    if (intent.type === 'choose')
      choose(intent.mode ?? (openedNow.current?.mode === 'verify' ? 'verify' : 'stamp'));
    else if (intent.type === 'opened')
      show(intent.document, intent.document.seals.some((seal) => seal.signed) ? 'verify' : 'stamp');
    else if (intent.type === 'place') setPlaceWish(true);
    taken();
  }, [place, intent, taken, choose, show]);

  const stamped = async (result: StampResult, landed: Landed, password: string | undefined) => {
    try {
      const info = await reopen(result.document, password);
      const before = openedNow.current;
      if (before && before.info.id !== info.id)
        call('documents.close', { id: before.info.id }).catch(setError);
      let verification: Verification | null = null;
      let trouble: unknown = null;
      try {
        verification = await call('documents.verify', { id: info.id });
      } catch (reason) {
        trouble = reason; // the file is finished and self-checked all the same: shown, and told as unverified
      }
      setOpened((now) => ({
        number: now?.number ?? 0,
        info,
        password,
        mode: 'done',
        done: { result, verification, landed },
        verification,
      }));
      setError(trouble);
    } catch (reason) {
      setError(reason);
    }
  };

  const close = () => {
    if (opened) call('documents.close', { id: opened.info.id }).catch(setError);
    setOpened(null);
  };
  const mode = (next: Mode) => setOpened((now) => now && { ...now, number: now.number + 0.5, mode: next });

  const dropHere = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      const file = event.dataTransfer.files[0];
      if (file) dropped(file, opened?.mode === 'verify' ? 'verify' : 'stamp');
    },
  };

  return (
    // Files may be dropped anywhere; the buttons do the same.
    <div className="documents" {...dropHere}>
      {!opened && (
        <Start
          busy={busy}
          error={error}
          onChoose={choose}
          onDrop={dropped}
          onRecent={recent}
          onForget={() => setError(null)}
        />
      )}
      {opened?.mode === 'stamp' && (
        <Workbench
          key={opened.number}
          info={opened.info}
          password={opened.password}
          placeWish={placeWish}
          onWishTaken={() => setPlaceWish(false)}
          onStamped={(result, landed) => void stamped(result, landed, opened.password)}
          onVerify={() => mode('verify')}
          onClose={close}
        />
      )}
      {opened?.mode === 'verify' && (
        <VerifyView
          key={opened.number}
          info={opened.info}
          password={opened.password}
          known={opened.verification}
          onStamp={() => mode('stamp')}
          onClose={close}
        />
      )}
      {opened?.mode === 'done' && opened.done && (
        <DoneView
          key={opened.number}
          info={opened.info}
          password={opened.password}
          done={opened.done}
          onVerify={() => mode('verify')}
          onStampAgain={() => mode('stamp')}
          onClose={close}
        />
      )}
      {asking && (
        <PasswordDialog
          name={asking.name}
          wrong={asking.wrong}
          busy={busy}
          onSubmit={(password) => void unlock(password)}
          onClose={() => setAsking(null)}
        />
      )}
      <Dialog
        open={opened !== null && error !== null}
        onClose={() => setError(null)}
        title={t('documents:title.trouble')}
        actions={<Button onClick={() => setError(null)}>{t('common:close')}</Button>}
      >
        {error !== null && <Trouble error={error} />}
      </Dialog>
    </div>
  );
}

/** Opens a document again, with the password that opened the one it was made from. */
async function reopen(id: string, password: string | undefined): Promise<DocumentInfo> {
  try {
    return await call('documents.open', { id });
  } catch (error) {
    if (password !== undefined && codeAndDetails(error).code === 'document.password-needed')
      return call('documents.unlock', { id, password });
    throw error;
  }
}
