import './certificates.css';
import { useEffect, useState } from 'react';
import type { CertificateCard } from '../../shared/domain/certificates.ts';
import type { RenewalView } from '../../shared/domain/renewal.ts';
import {
  call,
  keepRenewal,
  readCertificates,
  readRenewals,
  useAct,
  useCertificates,
  useRenewals,
} from '../api/index.ts';
import { Button, Empty, formatNumber, Trouble, useTexts } from '../look/index.ts';
import { RenewalPanel, RenewalStage } from '../renewal/index.ts';
import { TopTitle, useRouter } from '../shell/index.ts';
import { AuthorityStage } from './AuthorityStage.tsx';
import { CardList } from './CardList.tsx';
import { CertificatePanel } from './CertificatePanel.tsx';
import { CertificateStage } from './CertificateStage.tsx';
import { cardId, inOrder, tally } from './list.ts';
import { Reminders } from './Reminders.tsx';

/** What stands in the middle: a certificate (or its renewal), or the authorities. */
type Shown =
  | { place: 'certificate'; id: string | null; renewal: string | 'auto' | null }
  | { place: 'authority' };

/** All certificates of all keys; the chosen one in detail or its renewal; what can be done with it. */
export default function CertificatesScreen() {
  const { t, language } = useTexts();
  const { cards, error } = useCertificates();
  const { views, error: renewalsError } = useRenewals();
  const { intent, taken, go } = useRouter();
  const [shown, setShown] = useState<Shown>({ place: 'certificate', id: null, renewal: 'auto' });
  const starting = useAct();

  const { current, superseded } = inOrder(cards ?? []);
  const all = [...current, ...superseded];
  const chosen =
    shown.place === 'certificate' ? (all.find((card) => cardId(card) === shown.id) ?? all[0] ?? null) : null;
  const renewalId =
    shown.place === 'certificate'
      ? shown.renewal === 'auto'
        ? (chosen?.renewal ?? null)
        : shown.renewal
      : null;
  const view = views?.find(({ id }) => id === renewalId) ?? null;

  const show = (card: CertificateCard, renewal: string | 'auto' | null = 'auto') =>
    setShown({ place: 'certificate', id: cardId(card), renewal });
  const renew = (card: CertificateCard) =>
    void starting.run('start', async () => {
      const { token, certificate } = card;
      const begun = keepRenewal(await call('renewal.start', { token, sha256: certificate.sha256 }));
      show(card, begun.id);
      return null;
    });

  // A renewal stays in sight when it has come to its end, and the card no longer names it.
  if (shown.place === 'certificate' && shown.renewal === 'auto' && chosen?.renewal)
    show(chosen, chosen.renewal);

  // biome-ignore lint/correctness/useExhaustiveDependencies: taken up once, as soon as the list is known
  useEffect(() => {
    if (intent?.type === 'authority') {
      setShown({ place: 'authority' });
      taken();
    }
    if (intent?.type !== 'one' || cards === null) return;
    const card = all.find(({ certificate }) => certificate.sha256 === intent.sha256);
    if (card) {
      show(card);
      if (intent.renew && card.renewal === null) renew(card);
    }
    taken();
  }, [intent, cards]);

  // Begun elsewhere, by the command line for one: read once more, it is there by now.
  const absent = renewalId !== null && views !== null && view === null ? renewalId : null;
  useEffect(() => {
    if (absent !== null) void readRenewals();
  }, [absent]);

  const counts = tally(current);
  const note =
    counts.all === 0
      ? null
      : counts.renewing > 0
        ? t('certificates:note.renewing', {
            count: counts.all,
            renewing: formatNumber(counts.renewing, language),
          })
        : t('certificates:note.all', { count: counts.all });

  return (
    <>
      <TopTitle title={t('common:rail.certificates')} note={note} />
      <div className="body certificates">
        <CardList
          current={current}
          superseded={superseded}
          views={views ?? []}
          chosen={chosen && cardId(chosen)}
          authority={shown.place === 'authority'}
          onChoose={(card) => show(card)}
          onAuthority={() => setShown({ place: 'authority' })}
        />
        {shown.place === 'authority' ? (
          <AuthorityStage />
        ) : chosen && view ? (
          <>
            <RenewalStage
              key={view.id}
              view={view}
              onDetails={() => show(cardOf(all, view) ?? chosen, null)}
              onOther={(id) => show(chosen, id)}
            />
            <RenewalPanel view={view} />
          </>
        ) : chosen ? (
          <>
            <CertificateStage
              key={`stage ${cardId(chosen)}`}
              card={chosen}
              past={pastRenewal(views ?? [], chosen)}
              onRenewal={(id) => show(chosen, id)}
              banner={
                <>
                  <Reminders except={chosen.certificate.sha256} />
                  {error !== null && <NoList error={error} again={readCertificates} />}
                  {renewalsError !== null && <NoList error={renewalsError} again={readRenewals} />}
                </>
              }
            />
            <CertificatePanel
              key={`panel ${cardId(chosen)}`}
              card={chosen}
              starting={starting}
              onRenew={() => renew(chosen)}
              onRenewal={(id) => show(chosen, id)}
            />
          </>
        ) : (
          <main className="stage is-wide" id="main" data-pane="stage" tabIndex={-1}>
            {error !== null ? (
              <NoList error={error} again={readCertificates} />
            ) : cards === null ? (
              <p className="waiting">{t('certificates:loading')}</p>
            ) : (
              <Empty
                title={t('certificates:empty.title')}
                icon="cert"
                actions={<Button onClick={() => go('keys')}>{t('certificates:empty.action')}</Button>}
              >
                <p>{t('certificates:empty.text')}</p>
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

const cardOf = (all: readonly CertificateCard[], view: RenewalView) =>
  all.find(({ certificate }) => certificate.sha256 === view.old.sha256);

/** The renewal that this certificate came from, or that took its place; the receipt is there. */
function pastRenewal(
  views: readonly RenewalView[],
  { certificate, renewal }: CertificateCard,
): RenewalView | null {
  if (renewal !== null) return null;
  const ofIt = ({ old, fresh }: RenewalView) =>
    old.sha256 === certificate.sha256 || fresh?.sha256 === certificate.sha256;
  return views.findLast((view) => (view.state === 'done' || view.state === 'ended') && ofIt(view)) ?? null;
}
