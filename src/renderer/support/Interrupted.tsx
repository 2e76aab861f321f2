import { useState } from 'react';
import type { CareEntry } from '../../shared/domain/care.ts';
import { care, useCare } from '../api/index.ts';
import { CareNews, ofKey } from '../care/index.ts';
import { Button, formatDateTime, Icon, useTexts } from '../look/index.ts';

/** An act on this key that was cut off. Of an SO PIN both candidates are tried, once each, asked before. */
export function Interrupted({ entry, chosenKey }: { entry: CareEntry; chosenKey: string }) {
  const { t } = useTexts();
  const state = useCare();
  const news = ofKey(state, chosenKey);
  const [agreed, setAgreed] = useState(false);
  const so = entry.act === 'so-pin.change';
  const tried = (candidate: 'old' | 'new') => entry.refused.includes(candidate);
  const settle = (candidate: 'old' | 'new') => {
    setAgreed(false);
    void care({ act: 'so-pin.change', key: chosenKey, label: entry.token.label }, 'keys.settleSoPin', {
      id: entry.id,
      candidate,
    });
  };
  return (
    <section className="card interrupted" data-testid="interrupted">
      <h3 className="with-icon">
        <Icon name="warn" className="warn" />
        {t('care:support.open.title', { act: t(`care:act.${entry.act}`) })}
      </h3>
      <p className="note">
        {t('care:support.open.when', { at: formatDateTime(entry.startedAt), staff: entry.case.staff })}
      </p>
      <p>{t(so ? 'care:support.open.so' : 'care:support.open.unknown')}</p>
      {news && <CareNews state={news} again={null} />}
      {so && tried('old') && <p className="note">{t('care:support.open.refusedOld')}</p>}
      {so && tried('new') && <p className="note">{t('care:support.open.refusedNew')}</p>}
      {so && tried('old') && tried('new') && <p>{t('care:support.open.both')}</p>}
      {so && !(tried('old') && tried('new')) && (
        <>
          <label className="interrupted-ask">
            <input type="checkbox" checked={agreed} onChange={(event) => setAgreed(event.target.checked)} />
            <span>
              {t('care:support.open.agree')}
              <span className="note">{t('care:support.open.ask')}</span>
            </span>
          </label>
          <div className="care-acts">
            {(['old', 'new'] as const).map((candidate) => (
              <Button
                key={candidate}
                disabled={
                  !agreed ||
                  state.running !== null ||
                  tried(candidate) ||
                  // The old one first: most changes are cut off before the key took the new one.
                  (candidate === 'new' && !tried('old'))
                }
                onClick={() => settle(candidate)}
              >
                {t(`care:support.open.${candidate}`)}
              </Button>
            ))}
          </div>
        </>
      )}
    </section>
  );
}
