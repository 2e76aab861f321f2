import { type ReactNode, useEffect, useRef } from 'react';
import type { SealApplicationView } from '../../../shared/domain/index.ts';
import { call, keepApplication, readSeals, useAct, useApplicationUrl } from '../../api/index.ts';
import { formatMm, useTexts } from '../../look/index.ts';
import { useAnnounceChanges } from '../../shell/index.ts';
import { SealJourney } from '../Journey.tsx';
import { BoundPage, OverPage, RefusedPage } from './EndPages.tsx';
import { type ApplicationPage, journeyOf, pageOfApplication } from './page.ts';
import type { PageProps } from './parts.tsx';
import { ApprovedPage, DraftPage, ReviewPage, WorkPage } from './WayPages.tsx';

/** An application on one page: where it stands, and what there is to be done or waited for. */
export function ApplicationStage({
  view,
  banner,
  onSeal,
  onAgain,
}: {
  view: SealApplicationView;
  banner: ReactNode;
  /** Shows the finished seal, by its esID. */
  onSeal: (id: string) => void;
  /** Takes the impression once more, for a corrected application. */
  onAgain: () => void;
}) {
  const { t, language } = useTexts();
  const act = useAct();
  const url = useApplicationUrl(view);
  const page = pageOfApplication(view);
  const { id } = view;
  const ask = (
    name: string,
    channel: 'sealing.send' | 'sealing.look' | 'sealing.bind' | 'sealing.withdraw',
  ) =>
    void act.run(name, async () => {
      keepApplication(await call(channel, { id }));
      if (channel === 'sealing.bind') await readSeals();
      return null;
    });
  const props: PageProps = {
    view,
    running: act.running,
    error: act.error ?? view.error,
    send: () => ask('send', 'sealing.send'),
    look: () => ask('look', 'sealing.look'),
    bind: () => ask('bind', 'sealing.bind'),
    withdraw: () => ask('withdraw', 'sealing.withdraw'),
    review: () => void act.run('review', () => call('sealing.review', { id }).then(() => null)),
    onSeal,
    onAgain,
  };
  useAnnounceChanges(t(`seals:mine.application.said.${view.phase}`));
  useFocusKept(page);
  const Page = pages[page];
  const { at, done } = journeyOf(view);
  const width = formatMm(view.widthMm, language);
  return (
    <main
      className="stage seal-apply"
      id="main"
      data-pane="stage"
      tabIndex={-1}
      data-testid="application"
      data-page={page}
    >
      {banner}
      <header className="seal-apply-head">
        <h2 title={view.name}>{t('seals:mine.application.title', { name: view.name })}</h2>
        {view.number && <p className="note">{t('seals:mine.application.number', { number: view.number })}</p>}
      </header>
      <SealJourney at={at} done={done} />
      <section className="seal-apply-work" aria-labelledby="application-heading">
        <div className="seal-apply-words">
          <Page {...props} />
        </div>
        <span className={view.phase === 'bound' ? 'seal-tile' : 'seal-tile is-over'}>
          {url && (
            <img
              src={url}
              alt={t('seals:mine.picture', { name: view.name, width })}
              width={view.widthMm * pxPerMm}
              height={view.heightMm * pxPerMm}
              draggable={false}
            />
          )}
        </span>
      </section>
    </main>
  );
}

/** CSS fixes 96 px to the inch. */
const pxPerMm = 96 / 25.4;

const pages: Record<ApplicationPage, (props: PageProps) => ReactNode> = {
  draft: DraftPage,
  sending: WorkPage,
  'sending-stuck': WorkPage,
  review: ReviewPage,
  approved: ApprovedPage,
  binding: WorkPage,
  'binding-stopped': WorkPage,
  bound: BoundPage,
  refused: RefusedPage,
  withdrawn: OverPage,
};

/** A button that goes away with its page must not take the focus along: the new page's heading has it then. */
function useFocusKept(page: string): void {
  const last = useRef(page);
  useEffect(() => {
    if (last.current === page) return;
    last.current = page;
    if (document.activeElement === null || document.activeElement === document.body) {
      document.getElementById('application-heading')?.focus({ preventScroll: true });
    }
  }, [page]);
}
