import './capture.css';
import { useEffect, useState } from 'react';
import type { SealApplicationView } from '../../../shared/domain/index.ts';
import { useSnapshot } from '../../api/index.ts';
import { signersOf } from '../../documents/signers.ts';
import { Button, LinkButton, Segmented, useTexts } from '../../look/index.ts';
import { TopTitle, useAnnounceChanges } from '../../shell/index.ts';
import { ApplicationForm } from '../form/index.tsx';
import { SealJourney } from '../Journey.tsx';
import { Found } from './Found.tsx';
import { findingsOf } from './marks.ts';
import { ResultPanel } from './Panel.tsx';
import { SheetPanel, SheetStage } from './Sheet.tsx';
import { Start, StartPanel, useDrop } from './Start.tsx';
import { Tools } from './Tools.tsx';
import { useCapture, useCaptureImage } from './use-capture.ts';
import { BeforeAfter, SideBySide } from './Views.tsx';

/**
 * From the ink on paper to an application: the scan is chosen, judged, helped by hand, and sent with the unit's data.
 * `again`: an application that was refused, whose data are proposed once more.
 */
export function CaptureScreen({
  again,
  onClose,
  onApplied,
}: {
  again: SealApplicationView | null;
  onClose: () => void;
  onApplied: (view: SealApplicationView) => void;
}) {
  const { t } = useTexts();
  const capture = useCapture();
  const { snapshot } = useSnapshot();
  const [signer] = signersOf(snapshot, []);
  const { session, wishes } = capture;
  const [making, setMaking] = useState(false);
  const [picking, setPicking] = useState(false);
  const [view, setView] = useState<'pair' | 'slide'>('pair');
  const [below, setBelow] = useState<'found' | 'tools'>('found');
  const drop = useDrop(capture);
  const result = session?.result ?? null;
  const code = session?.error?.code ?? null;
  const several = code === 'seal.several-found' || (picking && result !== null);
  const page = !session
    ? 'start'
    : making && result
      ? 'form'
      : several
        ? 'pick'
        : result
          ? 'result'
          : 'failed';
  const scanUrl = useCaptureImage(session, 'scan', result !== null);
  const sealUrl = useCaptureImage(session, 'seal', result !== null);
  const sheetUrl = useCaptureImage(session, 'sheet', session?.preview != null);
  useAnnounceChanges(t(`seals:capture.said.${page === 'result' ? (result?.verdict ?? 'good') : page}`));

  // Another scan begins at its check.
  const id = session?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the session that changed
  useEffect(() => {
    setMaking(false);
    setPicking(false);
  }, [id]);

  const title = <TopTitle title={t('seals:capture.title')} note={again?.name ?? signer?.certificate.unit} />;
  if (!session) {
    return (
      <>
        {title}
        <div className="body">
          <main
            className="stage cap"
            id="main"
            data-pane="stage"
            tabIndex={-1}
            data-testid="capture"
            data-page={page}
          >
            <SealJourney at="scan" />
            <Start capture={capture} />
          </main>
          <StartPanel onClose={onClose} />
        </div>
      </>
    );
  }
  if (page === 'form' && result) {
    return (
      <>
        {title}
        <ApplicationForm
          capture={session.id}
          result={result}
          sealUrl={sealUrl}
          again={again}
          onBack={() => setMaking(false)}
          onApplied={onApplied}
        />
      </>
    );
  }
  const findings = findingsOf(session);
  const views = { session, result, findings, scanUrl, sealUrl, busy: capture.judging };
  const pick = (number: number) => {
    setPicking(false);
    capture.change({ pick: number }, 'pick');
  };
  return (
    <>
      {title}
      <div className="body">
        <main
          className={drop.over ? 'stage cap is-over' : 'stage cap'}
          id="main"
          data-pane="stage"
          tabIndex={-1}
          data-testid="capture"
          data-page={page}
          data-revision={session.revision}
          aria-busy={capture.judging || capture.opening}
          {...drop.on}
        >
          <SealJourney at="check" />
          {page === 'result' && result ? (
            <>
              {view === 'pair' ? (
                <SideBySide {...views} result={result} />
              ) : (
                <BeforeAfter {...views} result={result} />
              )}
              <section className="cap-below">
                <div className="cap-bar">
                  <Segmented
                    label={t('seals:capture.bar.below')}
                    value={below}
                    options={[
                      ['found', t('seals:capture.bar.found', { count: findings.length })],
                      ['tools', t('seals:capture.bar.tools')],
                    ]}
                    onChange={setBelow}
                  />
                  <span className="cap-undo">
                    <Button
                      small
                      disabled={!capture.canUndo}
                      onClick={capture.undo}
                      data-testid="capture-undo"
                    >
                      {t('seals:capture.bar.undo')}
                    </Button>
                    <Button
                      small
                      disabled={!capture.canRedo}
                      onClick={capture.redo}
                      data-testid="capture-redo"
                    >
                      {t('seals:capture.bar.redo')}
                    </Button>
                  </span>
                  <span className="note" role="status">
                    {capture.judging ? t('seals:capture.bar.judging') : ''}
                  </span>
                  <Segmented
                    label={t('seals:capture.bar.view')}
                    value={view}
                    options={[
                      ['pair', t('seals:capture.bar.pair')],
                      ['slide', t('seals:capture.bar.slide')],
                    ]}
                    onChange={setView}
                  />
                </div>
                {below === 'found' ? (
                  <Found findings={findings} capture={capture} />
                ) : (
                  <Tools capture={capture} />
                )}
              </section>
            </>
          ) : (
            <>
              <SheetStage
                session={session}
                url={sheetUrl}
                chosen={result?.pick ?? wishes.pick}
                busy={capture.judging}
                onPick={several ? pick : null}
              />
              {capture.canUndo && (
                <LinkButton className="cap-undo-link" onClick={capture.undo} data-testid="capture-undo">
                  {t('seals:capture.bar.undoLast')}
                </LinkButton>
              )}
            </>
          )}
        </main>
        {page === 'result' && result ? (
          <ResultPanel
            capture={capture}
            result={result}
            onMake={() => setMaking(true)}
            onOther={() => setPicking(true)}
          />
        ) : (
          <SheetPanel
            capture={capture}
            session={session}
            onPick={several ? pick : null}
            onBack={picking && result ? () => setPicking(false) : null}
          />
        )}
      </div>
    </>
  );
}
