import { useState } from 'react';
import type { CaptureSession } from '../../../shared/domain/index.ts';
import { Button, Icon, useTexts } from '../../look/index.ts';
import { Hints, ScanDialog } from './dialogs.tsx';
import { ScanTrouble, scanWords } from './ScanTrouble.tsx';
import { DiameterField, InkChoice } from './Tools.tsx';
import type { Capture } from './use-capture.ts';

/** The whole sheet, with the impressions on it; where there are several, each is a button. */
export function SheetStage({
  session,
  url,
  chosen,
  busy,
  onPick,
}: {
  session: CaptureSession;
  url: string;
  chosen: number | null;
  busy: boolean;
  onPick: ((pick: number) => void) | null;
}) {
  const { t } = useTexts();
  const { preview, found } = session;
  if (!preview) return <Unseen name={session.name} />;
  const share = (part: number, whole: number) => `${(part / whole) * 100}%`;
  return (
    <figure className="cap-sheet" aria-busy={busy}>
      <figcaption>
        <h2>{t('seals:capture.views.sheet')}</h2>
        <span className="note cut">{session.name}</span>
      </figcaption>
      <div className="cap-sheet-room">
        <div className="cap-sheet-page" style={{ aspectRatio: `${preview.widthPx} / ${preview.heightPx}` }}>
          {url && <img src={url} alt={t('seals:capture.views.sheetAlt')} draggable={false} />}
          {onPick &&
            found.map(({ pick, box }) => (
              <button
                key={pick}
                type="button"
                className="cap-box"
                aria-pressed={chosen === pick}
                aria-label={t('seals:capture.pick.number', { pick })}
                disabled={busy}
                onClick={() => onPick(pick)}
                style={{
                  left: share(box.x, preview.source.widthPx),
                  top: share(box.y, preview.source.heightPx),
                  width: share(box.width, preview.source.widthPx),
                  height: share(box.height, preview.source.heightPx),
                }}
                data-testid="capture-box"
              >
                <b className="cap-no">{pick}</b>
              </button>
            ))}
        </div>
      </div>
    </figure>
  );
}

/** A file of which no picture could be made. */
function Unseen({ name }: { name: string }) {
  const { t } = useTexts();
  return (
    <div className="cap-unseen">
      <Icon name="doc" className="cap-sign" />
      <p className="cut">{name}</p>
      <p className="note">{t('seals:capture.views.unseen')}</p>
      <div className="cap-how">
        <Hints />
      </div>
    </div>
  );
}

/** What is needed to go on, or why it can't: several impressions, an unknown size, nothing found. */
export function SheetPanel({
  capture,
  session,
  onPick,
  onBack,
}: {
  capture: Capture;
  session: CaptureSession;
  onPick: ((pick: number) => void) | null;
  /** To the impression that was judged. */
  onBack: (() => void) | null;
}) {
  const { t } = useTexts();
  const [again, setAgain] = useState(false);
  const code = session.error?.code ?? null;
  const words = session.error ? scanWords(t, session.error) : null;
  const sizing = code === 'seal.size-unknown';
  const inking = code === 'seal.no-seal-found' || code === 'seal.grey-scan';
  const picking = onPick !== null;
  return (
    <aside
      className="panel cap-panel"
      aria-label={t('seals:capture.panel.label')}
      data-pane="panel"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what may scroll must be within reach of the keyboard
      tabIndex={0}
    >
      <section className="cap-judge" role="status" data-testid="capture-error" data-code={code}>
        <h2>
          <Icon
            name={picking || sizing ? 'info' : 'warn'}
            size="large"
            className={picking || sizing ? 'grey' : 'warn'}
          />
          {picking ? t('seals:capture.pick.title') : words?.heading}
        </h2>
        {picking ? (
          <p>{t('seals:capture.pick.text', { count: session.found.length })}</p>
        ) : (
          <>
            <p>{words?.meaning}</p>
            <p>{words?.next}</p>
          </>
        )}
      </section>
      {picking && (
        <ul className="cap-picks" aria-label={t('seals:capture.pick.title')}>
          {session.found.map(({ pick }) => (
            <li key={pick}>
              <Button wide disabled={capture.judging} onClick={() => onPick(pick)} data-testid="capture-pick">
                <b className="cap-no">{pick}</b>
                {t('seals:capture.pick.number', { pick })}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {sizing && (
        <div className="cap-ask">
          <h3>{t('seals:capture.tools.diameter')}</h3>
          <DiameterField capture={capture} first />
          <p className="note">{t('seals:capture.tools.diameterHow')}</p>
        </div>
      )}
      {inking && (
        <div className="cap-ask">
          <h3>{t('seals:capture.tools.colour')}</h3>
          <InkChoice capture={capture} />
          <p className="note">{t('seals:capture.tools.colourNote')}</p>
        </div>
      )}
      {words && !picking && <p className="note cap-code">{words.technical}</p>}
      {capture.error !== null && <ScanTrouble error={capture.error} />}
      <div className="cap-acts">
        {!picking && !sizing && (
          <Button kind="main" wide onClick={() => setAgain(true)} data-testid="capture-again">
            {t('seals:capture.panel.again')}
          </Button>
        )}
        {onBack && (
          <Button kind="main" wide onClick={onBack}>
            {t('seals:capture.pick.back')}
          </Button>
        )}
        <Button wide disabled={capture.opening} onClick={capture.choose} data-testid="capture-other">
          {t('seals:capture.panel.other')}
        </Button>
      </div>
      <ScanDialog open={again} onClose={() => setAgain(false)} capture={capture} />
    </aside>
  );
}
