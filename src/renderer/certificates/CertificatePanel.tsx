import { useState } from 'react';
import type { CertificateCard } from '../../shared/domain/certificates.ts';
import { type Act, call, forgetCertificate, readCertificates, useAct } from '../api/index.ts';
import {
  Button,
  formatDateLong,
  Icon,
  type IconName,
  Note,
  Trouble,
  TypedSerial,
  useTexts,
} from '../look/index.ts';
import { LossDialog } from '../loss/index.ts';
import { Leftovers } from '../renewal/index.ts';
import { useRouter } from '../shell/index.ts';
import { cardName, isOver, isRevoked, type Offer, offerOf } from './list.ts';

/** What can be done with a certificate, in the order in which one does it. */
export function CertificatePanel({
  card,
  starting,
  onRenew,
  onRenewal,
}: {
  card: CertificateCard;
  /** The start of a renewal. */
  starting: Act;
  onRenew: () => void;
  onRenewal: (id: string) => void;
}) {
  const { t } = useTexts();
  const act = useAct();
  const { certificate, token } = card;
  const { sha256 } = certificate;
  const [removing, setRemoving] = useState(false);
  const [losing, setLosing] = useState(false);
  const busy = act.running !== null;
  const save = (format: 'pem' | 'der' | 'chain') =>
    void act.run('export', async () => {
      const saved = await call('certificates.export', { sha256, format });
      return saved && t('certificates:do.saved', { name: saved.name });
    });
  const bring = () =>
    void act.run('import', async () => {
      const written = await call('certificates.import', { token });
      if (!written) return null;
      await readCertificates();
      return t('certificates:do.imported', { holder: written.holder });
    });
  return (
    <aside className="panel certificate-panel" aria-label={t('certificates:do.label')} data-pane="panel">
      <Renewal card={card} starting={starting} onRenew={onRenew} onRenewal={onRenewal} />
      <hr className="rule" />
      <section className="next">
        <h2>{t('certificates:do.export')}</h2>
        <div className="formats">
          {(['pem', 'der', 'chain'] as const).map((format) => (
            <Button
              key={format}
              small
              disabled={busy}
              onClick={() => save(format)}
              data-testid={`export-${format}`}
            >
              {t(`certificates:do.format.${format}`)}
            </Button>
          ))}
        </div>
        <Note>{t('certificates:do.exportNote')}</Note>
      </section>
      <hr className="rule" />
      <div className="do">
        {card.plugged ? (
          <>
            <Do icon="import" testId="import" disabled={busy} onClick={bring}>
              {t('certificates:do.import')}
            </Do>
            <Do icon="trash" testId="remove" disabled={busy} onClick={() => setRemoving(true)}>
              {t('certificates:do.remove')}
            </Do>
          </>
        ) : (
          <Do
            icon="cross"
            testId="forget"
            disabled={busy}
            onClick={() => void act.run('forget', () => forgetCertificate(sha256).then(() => null))}
          >
            {t('certificates:do.forget')}
          </Do>
        )}
      </div>
      <div className="do-note">
        <Note>{t(card.plugged ? 'certificates:do.importNote' : 'certificates:do.forgetNote')}</Note>
      </div>
      {!isRevoked(card) && !isOver(card) && (
        <>
          <div className="do">
            <Do icon="warn" testId="loss" disabled={busy} onClick={() => setLosing(true)}>
              {t('loss:open')}
            </Do>
          </div>
          <div className="do-note">
            <Note>{t('loss:openNote')}</Note>
          </div>
        </>
      )}
      {act.error !== null && <Trouble error={act.error} />}
      {act.said && (
        <p className="with-icon" role="status">
          <Icon name="check" size="small" className="ok" />
          <span>{act.said}</span>
        </p>
      )}
      {card.plugged && <Leftovers token={token} />}
      <LossDialog open={losing} sha256={sha256} onClose={() => setLosing(false)} />
      <TypedSerial
        open={removing}
        title={t('certificates:remove.title', { name: cardName(card) })}
        text={[
          t('certificates:remove.text', { label: token.label || t('keys:unnamed') }),
          t('certificates:remove.stays'),
        ]}
        serialNumber={certificate.serialNumber}
        action={t('certificates:remove.do')}
        onClose={() => setRemoving(false)}
        onConfirm={(serialTyped) => {
          setRemoving(false);
          void act.run('remove', async () => {
            await call('certificates.remove', { token, sha256, serialTyped });
            await readCertificates();
            return null;
          });
        }}
      />
    </aside>
  );
}

function Do({
  icon,
  testId,
  disabled,
  onClick,
  children,
}: {
  icon: IconName;
  testId: string;
  disabled: boolean;
  onClick: () => void;
  children: string;
}) {
  return (
    <button
      type="button"
      aria-disabled={disabled}
      onClick={() => !disabled && onClick()}
      data-testid={testId}
    >
      <Icon name={icon} />
      <span>{children}</span>
    </button>
  );
}

/** The first thing one does: renew, or what there is instead. */
function Renewal({
  card,
  starting,
  onRenew,
  onRenewal,
}: {
  card: CertificateCard;
  starting: Act;
  onRenew: () => void;
  onRenewal: (id: string) => void;
}) {
  const { t, language } = useTexts();
  const router = useRouter();
  const offer = offerOf(card, new Date());
  const running = starting.running !== null;
  return (
    <section className="next" data-testid="offer" data-offer={offer.kind}>
      <h2>{t('certificates:offer.title')}</h2>
      {offer.kind === 'expired' ? (
        <Expired card={card} />
      ) : (
        <>
          <p>{t(`certificates:offer.${offer.kind}`, wordsFor(offer, card, language))}</p>
          {(offer.kind === 'open' || offer.kind === 'unplugged' || offer.kind === 'not-yet') && (
            <Button
              kind="main"
              wide
              disabled={offer.kind !== 'open' || running}
              onClick={onRenew}
              data-testid="renew"
            >
              {t(running ? 'common:wait' : 'certificates:offer.do')}
            </Button>
          )}
          {offer.kind === 'running' && (
            <Button kind="main" wide onClick={() => onRenewal(offer.id)} data-testid="to-renewal">
              {t('certificates:offer.goOn')}
            </Button>
          )}
          {offer.kind === 'locked' && (
            <Button kind="main" wide onClick={() => router.go('support')}>
              {t('keys:unlockWays')}
            </Button>
          )}
        </>
      )}
      {starting.error !== null && <Trouble error={starting.error} />}
    </section>
  );
}

function wordsFor(offer: Offer, card: CertificateCard, language: 'zh-CN' | 'en'): Record<string, string> {
  return {
    date: offer.kind === 'not-yet' ? formatDateLong(offer.from, language) : '',
    until: formatDateLong(card.renewalUntil, language),
    label: card.token.label,
  };
}

/** Not online any more: what to bring, where to, and the form. */
function Expired({ card }: { card: CertificateCard }) {
  const { t } = useTexts();
  const act = useAct();
  const name = cardName(card);
  return (
    <>
      <p>{t('certificates:expired.text', { name })}</p>
      <h3>{t('certificates:expired.bring')}</h3>
      <ul className="bring">
        {(['form', 'licence', 'identity', 'key'] as const).map((what) => (
          <li key={what}>{t(`certificates:expired.${what}`)}</li>
        ))}
      </ul>
      <h3>{t('certificates:expired.where')}</h3>
      <p>{t('certificates:expired.whereText')}</p>
      <Button
        kind="main"
        wide
        icon="print"
        disabled={act.running !== null}
        onClick={() =>
          void act.run('form', async () => {
            const saved = await call('renewal.form', { sha256: card.certificate.sha256 });
            return saved && t('certificates:do.saved', { name: saved.name });
          })
        }
        data-testid="renewal-form"
      >
        {t('certificates:expired.do')}
      </Button>
      {act.error !== null && <Trouble error={act.error} />}
      {act.said && <p role="status">{act.said}</p>}
      <Note>{t('certificates:expired.past')}</Note>
    </>
  );
}
