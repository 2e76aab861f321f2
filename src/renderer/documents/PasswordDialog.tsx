import { useId, useRef, useState } from 'react';
import { Button, Dialog, Icon, useTexts } from '../look/index.ts';

/** Asks for the password of an encrypted document. It goes to main once and stays with the open document only. */
export function PasswordDialog({
  name,
  wrong,
  busy,
  onSubmit,
  onClose,
}: {
  name: string;
  wrong: boolean;
  busy: boolean;
  onSubmit: (password: string) => void;
  onClose: () => void;
}) {
  const { t } = useTexts();
  const [password, setPassword] = useState('');
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const submit = () => password !== '' && !busy && onSubmit(password);
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('documents:password.title')}
      first={field}
      actions={
        <>
          <Button onClick={onClose}>{t('documents:password.cancel')}</Button>
          <Button kind="main" onClick={submit} disabled={password === '' || busy} data-testid="password-open">
            {t('documents:password.open')}
          </Button>
        </>
      }
    >
      <p>{t('documents:password.text', { name })}</p>
      <div className="part">
        <label htmlFor={id} className="note">
          {t('documents:password.label')}
        </label>
        <input
          id={id}
          ref={field}
          className="field"
          type="password"
          autoComplete="off"
          maxLength={1024}
          value={password}
          aria-invalid={wrong}
          aria-describedby={`${id}-note`}
          onChange={(event) => setPassword(event.target.value)}
          onKeyDown={(event) => event.key === 'Enter' && submit()}
          data-testid="password"
        />
        <p
          className={wrong ? 'note warn with-icon' : 'note'}
          id={`${id}-note`}
          role={wrong ? 'alert' : undefined}
        >
          {wrong && <Icon name="warn" size="small" />}
          <span>{t(wrong ? 'documents:password.wrong' : 'documents:password.note')}</span>
        </p>
      </div>
    </Dialog>
  );
}
