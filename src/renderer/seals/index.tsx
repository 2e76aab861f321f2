import './seals.css';
import { useEffect, useState } from 'react';
import type { SealApplicationView, SealCard } from '../../shared/domain/index.ts';
import {
  keepApplication,
  readApplications,
  readSeals,
  useApplications,
  usePictures,
  useSeals,
} from '../api/index.ts';
import { Button, Empty, Note, Trouble, useTexts } from '../look/index.ts';
import { TopTitle, useRouter } from '../shell/index.ts';
import { ApplicationPanel } from './application/ApplicationPanel.tsx';
import { ApplicationStage } from './application/ApplicationStage.tsx';
import { CaptureScreen } from './capture/index.tsx';
import { SealNav } from './mine/SealNav.tsx';
import { SealPanel } from './mine/SealPanel.tsx';
import { SealStage } from './mine/SealStage.tsx';
import { SignaturePictures } from './mine/SignaturePictures.tsx';
import { sealKey, sealsInOrder, underWay } from './mine/standing.ts';

/** What stands in the middle. `auto`: what needs care most. */
export type Shown =
  | { place: 'auto' }
  | { place: 'seal'; id: string }
  | { place: 'application'; id: string }
  | { place: 'pictures' }
  /** Taking a seal from its impression; `again`: for an application that was refused. */
  | { place: 'capture'; again: SealApplicationView | null };

/** My seals: every seal of every key, the applications under way, and apart from them the signature pictures. */
export default function SealsScreen() {
  const { t } = useTexts();
  const { cards, error } = useSeals();
  const { views, error: applicationsError } = useApplications();
  const pictures = usePictures();
  const { intent, taken } = useRouter();
  const [shown, setShown] = useState<Shown>({ place: 'auto' });

  const seals = sealsInOrder(cards ?? []);
  const pending = underWay(views ?? []);
  const application =
    shown.place === 'application'
      ? (views?.find(({ id }) => id === shown.id) ?? null)
      : shown.place === 'auto'
        ? (pending[0] ?? null)
        : null;
  const seal =
    shown.place === 'seal'
      ? (seals.find((card) => sealKey(card) === shown.id) ?? seals[0] ?? null)
      : shown.place === 'auto' && !application
        ? (seals[0] ?? null)
        : null;
  // An application stays in sight when it has come to its end, and is no longer among those under way.
  if (shown.place === 'auto' && application) setShown({ place: 'application', id: application.id });

  const showSeal = (card: SealCard) => setShown({ place: 'seal', id: sealKey(card) });
  const collect = (again: SealApplicationView | null = null) => setShown({ place: 'capture', again });

  // Main may have learnt of some since the window read them last.
  useEffect(() => {
    void readSeals();
    void readApplications();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: taken up once
  useEffect(() => {
    if (intent?.type !== 'collect') return;
    collect();
    taken();
  }, [intent]);

  if (shown.place === 'capture') {
    return (
      <CaptureScreen
        again={shown.again}
        onClose={() => setShown({ place: 'auto' })}
        onApplied={(view) => setShown({ place: 'application', id: keepApplication(view).id })}
      />
    );
  }

  const trouble = (
    <>
      {error !== null && <NoList error={error} again={readSeals} />}
      {applicationsError !== null && <NoList error={applicationsError} again={readApplications} />}
    </>
  );
  return (
    <>
      <TopTitle
        title={t('common:rail.seals')}
        note={seals.length > 0 && t('seals:mine.note', { count: seals.length })}
      />
      <div className="body my-seals">
        <SealNav
          seals={seals}
          applications={pending}
          pictures={pictures.list?.length ?? 0}
          chosen={
            application
              ? `application ${application.id}`
              : seal
                ? `seal ${sealKey(seal)}`
                : shown.place === 'pictures'
                  ? 'pictures'
                  : null
          }
          onSeal={showSeal}
          onApplication={({ id }) => setShown({ place: 'application', id })}
          onPictures={() => setShown({ place: 'pictures' })}
          onCollect={() => collect()}
        />
        {shown.place === 'pictures' ? (
          <SignaturePictures pictures={pictures} />
        ) : application ? (
          <>
            <ApplicationStage
              key={application.id}
              view={application}
              banner={trouble}
              onSeal={(id) => {
                const card = seals.find((one) => one.id === id);
                if (card) showSeal(card);
              }}
              onAgain={() => collect(application)}
            />
            <ApplicationPanel view={application} />
          </>
        ) : seal ? (
          <>
            <SealStage key={`stage ${sealKey(seal)}`} card={seal} banner={trouble} />
            <SealPanel key={`panel ${sealKey(seal)}`} card={seal} onCollect={() => collect()} />
          </>
        ) : (
          <main className="stage is-wide" id="main" data-pane="stage" tabIndex={-1}>
            {error !== null || applicationsError !== null ? (
              <div className="seal-banner">{trouble}</div>
            ) : cards === null || views === null ? (
              <p className="waiting">{t('seals:mine.loading')}</p>
            ) : (
              <Empty
                title={t('seals:mine.empty.title')}
                icon="stamp"
                actions={
                  <Button kind="main" onClick={() => collect()} data-testid="collect-first">
                    {t('seals:mine.collect')}
                  </Button>
                }
              >
                <p>{t('seals:mine.empty.text')}</p>
                <p>{t('seals:mine.empty.hint')}</p>
                <Note>{t('seals:mine.empty.key')}</Note>
              </Empty>
            )}
          </main>
        )}
      </div>
    </>
  );
}

function NoList({ error, again }: { error: unknown; again: () => Promise<void> }) {
  const { t } = useTexts();
  return (
    <Trouble
      error={error}
      level={2}
      actions={<Button onClick={() => void again()}>{t('common:again')}</Button>}
    />
  );
}
