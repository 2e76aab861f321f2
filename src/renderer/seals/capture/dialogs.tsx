import { useState } from 'react';
import { call, useAct } from '../../api/index.ts';
import { Button, Dialog, Icon, Trouble, useTexts } from '../../look/index.ts';
import type { Capture } from './use-capture.ts';

const hints = ['ink', 'press', 'scan', 'file'] as const;

/** How an impression is stamped and scanned so that a seal can be made of it. */
export function Hints() {
  const { t } = useTexts();
  return (
    <ol className="cap-hints">
      {hints.map((hint, index) => (
        <li key={hint}>
          <b className="cap-no">{index + 1}</b>
          <span>{t(`seals:capture.hint.${hint}`)}</span>
        </li>
      ))}
    </ol>
  );
}

/** Stamping and scanning once more. */
export function ScanDialog({
  open,
  onClose,
  capture,
}: {
  open: boolean;
  onClose: () => void;
  capture: Capture;
}) {
  const { t } = useTexts();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('seals:capture.again.title')}
      actions={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button
            kind="main"
            onClick={() => {
              onClose();
              capture.choose();
            }}
          >
            {t('seals:capture.again.choose')}
          </Button>
        </>
      }
    >
      <p>{t('seals:capture.again.text', { name: capture.session?.name ?? '' })}</p>
      <Hints />
    </Dialog>
  );
}

/** The picture alone, which proves nothing. */
export function KeepDialog({
  open,
  onClose,
  capture,
}: {
  open: boolean;
  onClose: () => void;
  capture: Capture;
}) {
  const { t } = useTexts();
  const [name, setName] = useState('');
  const act = useAct();
  const id = capture.session?.id;
  const keep = () =>
    void act.run('keep', async () => {
      if (id === undefined) return null;
      await call('capture.keep', { id, name: name.trim() });
      return t('seals:capture.keep.done', { name: name.trim() });
    });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('seals:capture.keep.title')}
      actions={
        <>
          <Button onClick={onClose}>{t(act.said ? 'common:close' : 'common:cancel')}</Button>
          <Button
            kind="main"
            disabled={name.trim() === '' || act.running !== null}
            onClick={keep}
            data-testid="capture-keep-do"
          >
            {t('seals:capture.keep.do')}
          </Button>
        </>
      }
    >
      <p>{t('seals:capture.keep.text')}</p>
      <label className="cap-field">
        <span>{t('seals:capture.keep.name')}</span>
        <input
          className="field"
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      {act.said && (
        <p className="with-icon" role="status">
          <Icon name="check" size="small" className="ok" />
          <span>{act.said}</span>
        </p>
      )}
      {act.error !== null && <Trouble error={act.error} />}
    </Dialog>
  );
}
