import './renewal.css';
import { useEffect, useRef } from 'react';
import type { RenewalStep, RenewalView } from '../../shared/domain/renewal.ts';
import { useAct } from '../api/index.ts';
import { Icon, LinkButton, useTexts } from '../look/index.ts';
import { useAnnounceChanges } from '../shell/index.ts';
import { renewalActs } from './acts.ts';
import { ChecksPage } from './ChecksPage.tsx';
import { ConfirmPage } from './ConfirmPage.tsx';
import { DonePage } from './DonePage.tsx';
import { pageOf, stepShown } from './page.ts';
import { EndedPage, KeyPage, StoppedPage } from './StoppedPage.tsx';
import { PayPage, ReviewPage } from './WaitPages.tsx';
import { ReadyPage, WorkPage } from './WorkPage.tsx';
import { renewedName } from './words.ts';

const steps: readonly RenewalStep[] = ['check', 'confirm', 'generate', 'issue', 'write', 'done'];

/** The journey on one page: where one stands, and what is there to be done or waited for. */
export function RenewalStage({
  view,
  onDetails,
  onOther,
}: {
  view: RenewalView;
  /** Shows the certificate that is renewed. */
  onDetails: () => void;
  /** Shows another renewal. */
  onOther: (id: string) => void;
}) {
  const { t } = useTexts();
  const name = renewedName(view);
  const page = pageOf(view);
  const act = useAct();
  const stopping = useAct();
  const acts = renewalActs(t, view, act, stopping, onOther);
  const props = {
    view,
    acts,
    error: act.error ?? stopping.error,
    stopping: stopping.running !== null,
  };
  useAnnounceChanges(t(`renewal:said.${page}`));
  useFocusKept(page);
  return (
    <main
      className="stage renew"
      id="main"
      data-pane="stage"
      tabIndex={-1}
      data-testid="renewal"
      data-page={page}
    >
      <header className="renew-head">
        <h2 title={name}>{t('renewal:title', { name })}</h2>
        {view.order && <p className="note">{t('renewal:orderNumber', { number: view.order.number })}</p>}
        <LinkButton className="note renew-details" onClick={onDetails}>
          {t('renewal:details')}
        </LinkButton>
      </header>
      <Steps view={view} />
      <section className="renew-work" aria-labelledby="renewal-heading">
        {page === 'checking' || page === 'checks' ? (
          <ChecksPage {...props} />
        ) : page === 'confirm' ? (
          <ConfirmPage {...props} />
        ) : page === 'pay' ? (
          <PayPage {...props} />
        ) : page === 'review' ? (
          <ReviewPage {...props} />
        ) : page === 'ready' ? (
          <ReadyPage {...props} />
        ) : page === 'key' ? (
          <KeyPage {...props} />
        ) : page === 'stopped' ? (
          <StoppedPage {...props} />
        ) : page === 'refused' || page === 'cancelled' || page === 'ended' ? (
          <EndedPage {...props} />
        ) : page === 'done' ? (
          <DonePage {...props} />
        ) : (
          <WorkPage {...props} />
        )}
      </section>
    </main>
  );
}

function Steps({ view }: { view: RenewalView }) {
  const { t } = useTexts();
  const at = steps.indexOf(stepShown(view));
  return (
    <ol className="steps" aria-label={t('renewal:stepsLabel')}>
      {steps.map((step, index) => {
        const done = index < at || view.state === 'done';
        const now = index === at && !done;
        return (
          <li
            key={step}
            className={done ? 'is-done' : now ? 'is-now' : undefined}
            aria-current={now ? 'step' : undefined}
          >
            <span className="dot">{done ? <Icon name="check" size="small" /> : index + 1}</span>
            {t(`renewal:step.${step}`)}
          </li>
        );
      })}
    </ol>
  );
}

/** A button that goes away with its page must not take the focus along: the new page's heading has it then. */
function useFocusKept(page: string): void {
  const last = useRef(page);
  useEffect(() => {
    if (last.current === page) return;
    last.current = page;
    if (document.activeElement === null || document.activeElement === document.body) {
      document.getElementById('renewal-heading')?.focus({ preventScroll: true });
    }
  }, [page]);
}
