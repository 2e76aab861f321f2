import { useState } from 'react';
import type { CareResult } from '../../shared/domain/care.ts';
import { trialCertificate } from '../../shared/trial.ts';
import { call, careRead, useCare } from '../api/index.ts';
import { CareNews, ofKey } from '../care/index.ts';
import { Button, formatDateTimeLong, Note, Trouble, useTexts } from '../look/index.ts';
import type { Chosen, CounterAct } from './journey.ts';
import { Trial } from './Trial.tsx';

/** The act itself: what comes now and who does it; then how it went, and the receipt. */
export function HandPage({
  act,
  chosen,
  there,
  chosenKey,
  onBack,
  onStart,
  onFinish,
}: {
  act: CounterAct;
  chosen: Chosen;
  /** The key is plugged. */
  there: boolean;
  chosenKey: string;
  onBack: () => void;
  onStart: () => void;
  onFinish: () => void;
}) {
  const { t } = useTexts();
  const care = useCare();
  const news = ofKey(care, chosenKey);
  const result = news?.ended && 'result' in news.ended ? news.ended.result : null;
  const blank = chosen.kind === 'blank';
  const kind = act === 'so-pin.change' ? 'So' : blank ? 'Blank' : '';
  const lines =
    act === 'so-pin.change'
      ? ['oneSo', 'twoSo', 'threeSo']
      : [blank ? 'oneBlank' : 'one', 'two', act === 'token.initialise' ? 'threeNew' : 'three'];
  const finish = () => {
    careRead();
    onFinish();
  };
  if (result) {
    const tries =
      result.act === 'token.unlock' &&
      chosen.kind === 'key' &&
      trialCertificate(chosen.info.certificates) !== undefined;
    return (
      <section className="hand" data-testid="counter-done">
        <h2>{t(`care:done.${result.act}.title`)}</h2>
        <p className="hand-note">{t(`care:done.${result.act}.text`)}</p>
        {tries && <Trial auditEntry={result.auditEntry} />}
        <Receipt result={result} />
        <div className="hand-acts">
          <span />
          <Button kind="main" onClick={finish}>
            {t('care:support.finish')}
          </Button>
        </div>
      </section>
    );
  }
  return (
    <section className="hand">
      {act !== 'so-pin.change' && (
        <Drawing staff={t('care:support.hand.staff')} holder={t('care:support.hand.holder')} />
      )}
      <h2>{t(`care:support.hand.heading${kind}`)}</h2>
      <p className="hand-note">{t(`care:support.hand.note${kind}`)}</p>
      {news ? (
        <div className="hand-news">
          <CareNews state={news} again={onStart} />
        </div>
      ) : (
        <div className="how">
          <h3>{t('care:support.hand.how')}</h3>
          <ol>
            {lines.map((line, index) => (
              <li key={line}>
                <b>{index + 1}</b>
                {t(`care:support.hand.${line}`)}
              </li>
            ))}
          </ol>
        </div>
      )}
      <div className="hand-acts">
        <Button onClick={onBack} disabled={care.running !== null}>
          {t('care:support.hand.back')}
        </Button>
        {!news && (
          <Button
            kind="main"
            onClick={onStart}
            disabled={!there || care.running !== null}
            data-testid="counter-start"
          >
            {t(blank ? 'care:support.hand.startBlank' : 'care:support.hand.start')}
          </Button>
        )}
      </div>
    </section>
  );
}

/** What was done, as the receipt says it, and the receipt. */
function Receipt({ result }: { result: CareResult }) {
  const { t, language } = useTexts();
  const [saved, setSaved] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const save = () => {
    setError(null);
    call('keys.receipt', { auditEntry: result.auditEntry }).then(
      (file) => file && setSaved(file.name),
      setError,
    );
  };
  const states = (of: CareResult['before']) =>
    t('care:receipt.states', { user: t(`keys:pin.${of.user}.word`), so: t(`keys:pin.${of.so}.word`) });
  const rows = [
    ['time', formatDateTimeLong(result.at, language)],
    ['key', result.token.label],
    ['serial', result.token.serial],
    ['before', states(result.before)],
    ['after', states(result.after)],
    ...(result.case
      ? [
          ['reason', result.case.reason],
          ['reference', result.case.reference || '—'],
          ['staff', result.case.staff],
        ]
      : []),
    ['entry', t('care:receipt.entryNumber', { entry: result.auditEntry })],
  ];
  return (
    <>
      <dl className="facts receipt">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{t(`care:receipt.${name}`)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="receipt-save">
        <Button icon="print" onClick={save}>
          {t('care:receipt.save')}
        </Button>
        {saved !== null && <Note icon="check">{t('care:receipt.saved', { name: saved })}</Note>}
      </div>
      {error !== null && <Trouble error={error} />}
    </>
  );
}

/** Staff, keyboard, holder. */
function Drawing({ staff, holder }: { staff: string; holder: string }) {
  return (
    <svg className="draw-hand" viewBox="0 0 320 96" aria-hidden="true">
      <circle className="soft" cx="40" cy="26" r="14" />
      <path className="soft" d="M12 70c2-16 12-24 28-24s26 8 28 24z" />
      <path className="soft" d="M84 48h40" strokeDasharray="2 6" />
      <rect className="fill" x="136" y="36" width="48" height="24" rx="4" />
      <path d="M144 44h.1M152 44h.1M160 44h.1M168 44h.1M176 44h.1M148 52h24" strokeWidth="2" />
      <path d="M196 48h36M224 40l8 8-8 8" />
      <circle cx="276" cy="26" r="14" />
      <path className="fill" d="M248 70c2-16 12-24 28-24s26 8 28 24z" />
      <text x="40" y="90">
        {staff}
      </text>
      <text className="to" x="276" y="90">
        {holder}
      </text>
    </svg>
  );
}
