import { useState } from 'react';
import type { CareTrial } from '../../shared/domain/care.ts';
import { toWireError } from '../../shared/errors/index.ts';
import { call } from '../api/index.ts';
import { Button, Icon, Trouble, useTexts } from '../look/index.ts';

/** The last step of an unlock, which may be skipped: the holder enters the new PIN once, and the key signs. */
export function Trial({ auditEntry }: { auditEntry: number }) {
  const { t } = useTexts();
  const [running, setRunning] = useState(false);
  const [done, setDone] = useState<CareTrial | null>(null);
  const [error, setError] = useState<unknown>(null);
  const go = () => {
    setRunning(true);
    setError(null);
    call('keys.trial', { auditEntry })
      .then(setDone, (thrown: unknown) => {
        // Whoever closes the window has skipped it.
        if (toWireError(thrown).code !== 'token.pin-cancelled') setError(thrown);
      })
      .finally(() => setRunning(false));
  };
  return (
    <section className={done ? 'care-box is-ok' : 'care-box'} data-testid="trial" data-done={done !== null}>
      <Icon name={done ? 'check-c' : 'pin'} {...(done && { className: 'ok' })} />
      <div role="status">
        <h3>{t(done ? 'care:trial.done' : 'care:trial.title')}</h3>
        <p>
          {done
            ? t('care:trial.doneText', { holder: done.holder, entry: done.auditEntry })
            : t(running ? 'care:trial.running' : 'care:trial.text')}
        </p>
        {error !== null && <Trouble error={error} />}
      </div>
      {!done && (
        <div className="care-acts">
          <Button small disabled={running} onClick={go} data-testid="trial-go">
            {t(error === null ? 'care:trial.go' : 'care:trial.again')}
          </Button>
        </div>
      )}
    </section>
  );
}
