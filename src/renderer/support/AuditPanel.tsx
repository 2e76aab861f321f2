import { useState } from 'react';
import type { EnvironmentFinding } from '../../shared/domain/environment.ts';
import { call } from '../api/index.ts';
import { Button, Note, StateWord, Trouble, useTexts } from '../look/index.ts';
import { useAnnounce } from '../shell/index.ts';

/** The log of acts for those who are asked for it: on paper, or line by line for a program. */
export function AuditPanel({ finding }: { finding: EnvironmentFinding | undefined }) {
  const { t } = useTexts();
  const announce = useAnnounce();
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const save = (format: 'pdf' | 'jsonl') => {
    setBusy(true);
    setSaved(null);
    setError(null);
    call('audit.export', { format })
      .then((file) => {
        if (!file) return;
        setSaved(file.name);
        announce(t('care:environment.saved', { name: file.name }));
      }, setError)
      .finally(() => setBusy(false));
  };
  const whole = finding?.state === 'ok';
  return (
    <section className="next" data-testid="audit">
      <h2>{t('care:environment.check.audit')}</h2>
      {finding && (
        <p data-testid="audit-state">
          <StateWord tone={whole ? 'ok' : 'warn'} icon={whole ? 'check-c' : 'warn'}>
            {t(whole ? 'care:environment.log.whole' : 'care:environment.log.broken')}
          </StateWord>
        </p>
      )}
      <p className="note">{t('care:environment.log.text')}</p>
      <Button wide icon="print" disabled={busy} onClick={() => save('pdf')}>
        {t('care:environment.log.report')}
      </Button>
      <Button wide icon="export" disabled={busy} onClick={() => save('jsonl')}>
        {t('care:environment.log.lines')}
      </Button>
      {saved !== null && <Note icon="check">{t('care:environment.saved', { name: saved })}</Note>}
      {error !== null && <Trouble error={error} />}
    </section>
  );
}
