import { useCallback, useEffect, useState } from 'react';
import type { Environment, EnvironmentFinding } from '../../shared/domain/environment.ts';
import { environmentLine } from '../../shared/i18n/environment.ts';
import { call } from '../api/index.ts';
import { Button, formatDateTime, Note, StateWord, Trouble, useTexts } from '../look/index.ts';
import { useAnnounce } from '../shell/index.ts';
import { AuditPanel } from './AuditPanel.tsx';

const signs = {
  ok: { tone: 'ok', icon: 'check-c' },
  note: { tone: 'warn', icon: 'info' },
  trouble: { tone: 'warn', icon: 'warn' },
} as const;

/** How this computer is: each finding with its next step, and one file of it for the hotline. */
export function EnvironmentStage() {
  const { t } = useTexts();
  const announce = useAnnounce();
  const [found, setFound] = useState<Environment | null>(null);
  const [looking, setLooking] = useState(true);
  const [error, setError] = useState<unknown>(null);
  const [saved, setSaved] = useState<string | null>(null);

  const look = useCallback(() => {
    setLooking(true);
    setError(null);
    setSaved(null);
    call('app.environment')
      .then(setFound, setError)
      .finally(() => setLooking(false));
  }, []);
  useEffect(look, [look]);

  const save = () => {
    setError(null);
    call('app.saveEnvironment').then((file) => {
      if (!file) return;
      setSaved(file.name);
      announce(t('care:environment.saved', { name: file.name }));
    }, setError);
  };
  const open = found?.findings.filter(({ state }) => state !== 'ok').length ?? 0;

  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what may scroll must be within reach of the keyboard */}
      <main className="stage counter-stage" id="main" data-pane="stage" tabIndex={0}>
        <section className="counter-head">
          <h2>{t('care:environment.title')}</h2>
          <p>{t('care:environment.text')}</p>
        </section>
        {error !== null && <Trouble error={error} />}
        {found === null && looking && <p className="note">{t('care:environment.running')}</p>}
        {found && (
          <>
            <p className="counter-sum" role="status" data-testid="environment">
              {open === 0 ? t('care:environment.all') : t('care:environment.some', { count: open })}
            </p>
            <ul className="findings">
              {found.findings.map((finding) => (
                <Finding key={finding.check} finding={finding} />
              ))}
            </ul>
          </>
        )}
      </main>
      <aside className="panel" aria-label={t('care:environment.title')} data-pane="panel">
        <section className="next">
          <h2>{t('care:environment.title')}</h2>
          {found && <p className="note">{formatDateTime(found.at)}</p>}
          <Button kind="main" wide disabled={!found} onClick={save}>
            {t('care:environment.save')}
          </Button>
          <Button wide disabled={looking} onClick={look}>
            {t(looking ? 'care:environment.running' : 'care:environment.run')}
          </Button>
          {saved !== null && <Note icon="check">{t('care:environment.saved', { name: saved })}</Note>}
        </section>
        <hr className="rule" />
        <AuditPanel finding={found?.findings.find(({ check }) => check === 'audit')} />
        <hr className="rule" />
        <section className="next">
          <h3>{t('screens:support.ways.title')}</h3>
          <ul className="ways-list">
            {(['key', 'pin', 'locked', 'file'] as const).map((way) => (
              <li key={way}>{t(`screens:support.ways.${way}`)}</li>
            ))}
          </ul>
        </section>
        <hr className="rule" />
        <Note>{t('screens:support.keyboard')}</Note>
      </aside>
    </>
  );
}

function Finding({ finding }: { finding: EnvironmentFinding }) {
  const { t } = useTexts();
  return (
    <li data-check={finding.check} data-state={finding.state}>
      <div className="finding-head">
        <h3>{t(`care:environment.check.${finding.check}`)}</h3>
        <StateWord {...signs[finding.state]} small>
          {t(`care:environment.state.${finding.state}`)}
        </StateWord>
      </div>
      {finding.next && <p>{t(`care:environment.next.${finding.next}`)}</p>}
      {finding.facts.map((fact) => {
        const line = environmentLine(t, fact);
        return (
          <p key={line} className="note finding-fact">
            {line}
          </p>
        );
      })}
    </li>
  );
}
