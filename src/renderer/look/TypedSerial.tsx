import { useRef, useState } from 'react';
import { Button } from './Button.tsx';
import { Dialog } from './Dialog.tsx';
import { inGroups } from './format.ts';
import { useTexts } from './texts.ts';

/** Whether what was typed is the serial number: spaces, colons and the case of letters don't count. */
export function isSerial(typed: string, serialNumber: string): boolean {
  const bare = (text: string) => text.replace(/[\s:-]/g, '').toLowerCase();
  return bare(typed) !== '' && bare(typed) === bare(serialNumber);
}

/** Nothing is deleted from a key before its serial number was typed. */
export function TypedSerial({
  open,
  title,
  text,
  serialNumber,
  action,
  onClose,
  onConfirm,
}: {
  open: boolean;
  title: string;
  /** What goes, and what it means. */
  text: readonly string[];
  serialNumber: string;
  action: string;
  onClose: () => void;
  onConfirm: (typed: string) => void;
}) {
  const { t } = useTexts();
  const [typed, setTyped] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const fits = isSerial(typed, serialNumber);
  const close = () => {
    setTyped('');
    onClose();
  };
  const confirm = () => {
    if (!fits) return;
    setTyped('');
    onConfirm(typed.trim());
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={title}
      first={field}
      actions={
        <>
          <Button onClick={close}>{t('common:cancel')}</Button>
          <Button kind="main" disabled={!fits} onClick={confirm}>
            {action}
          </Button>
        </>
      }
    >
      {text.map((each) => (
        <p key={each}>{each}</p>
      ))}
      <form
        className="typed-serial"
        onSubmit={(event) => {
          event.preventDefault();
          confirm();
        }}
      >
        <p>
          {t('common:typedSerial.is')}
          <br />
          <code className="strong">{inGroups(serialNumber)}</code>
        </p>
        <label>
          <span>{t('common:typedSerial.label')}</span>
          <input
            ref={field}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            spellCheck={false}
            maxLength={128}
            data-testid="typed-serial"
          />
        </label>
      </form>
    </Dialog>
  );
}
