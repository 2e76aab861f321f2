import { type ReactNode, useEffect, useState } from 'react';
import type { CertificateCard, CertificateDetail } from '../../shared/domain/certificates.ts';
import type { RenewalView } from '../../shared/domain/renewal.ts';
import { call } from '../api/index.ts';
import {
  daysWords,
  Facts,
  Fold,
  formatDate,
  formatDateLong,
  Icon,
  inGroups,
  LinkButton,
  Trouble,
  useTexts,
} from '../look/index.ts';
import { cardName, isRevoked, lifeOf } from './list.ts';
import { StatusPart } from './StatusPart.tsx';

/** One certificate: for whom, by whom, until when, whether its authority stands by it, what hangs on it. */
export function CertificateStage({
  card,
  past,
  onRenewal,
  banner,
}: {
  card: CertificateCard;
  /** The renewal it came from or that took its place. */
  past: RenewalView | null;
  onRenewal: (id: string) => void;
  banner: ReactNode;
}) {
  const { t, language } = useTexts();
  const { certificate, token } = card;
  const [detail, setDetail] = useState<CertificateDetail | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let wanted = true;
    call('certificates.detail', { sha256: certificate.sha256 }).then(
      (found) => wanted && setDetail(found),
      (reason: unknown) => wanted && setError(reason),
    );
    return () => {
      wanted = false;
    };
  }, [certificate.sha256]);
  const credit = detail?.creditCode;
  return (
    <main
      className="stage certificate"
      id="main"
      data-pane="stage"
      tabIndex={-1}
      data-testid="certificate-stage"
    >
      {banner}
      <header className="certificate-head">
        <h2>{cardName(card)}</h2>
        {certificate.unit !== cardName(card) && <p>{certificate.unit}</p>}
      </header>
      <Life card={card} />
      <StatusPart card={card} />
      <section className="card certificate-facts">
        <Facts
          rows={[
            ...(certificate.unit ? [[t('certificates:fact.unit'), certificate.unit] as const] : []),
            [
              t('certificates:fact.creditCode'),
              detail === null ? (
                error === null ? (
                  t('common:wait')
                ) : (
                  t('common:unknown')
                )
              ) : credit ? (
                <span key="code" className={credit.valid ? undefined : 'warn'}>
                  {credit.value}{' '}
                  <span className={credit.valid ? 'state ok' : 'state warn'}>
                    <Icon name={credit.valid ? 'check' : 'warn'} size="small" />
                    {t(credit.valid ? 'certificates:fact.creditFits' : 'certificates:fact.creditOff')}
                  </span>
                </span>
              ) : (
                t('certificates:fact.creditNone')
              ),
            ],
            [t('certificates:fact.holder'), certificate.holder || certificate.subject],
            [t('certificates:fact.seal'), card.seal || t('certificates:fact.noSeal')],
            [
              t('certificates:fact.key'),
              [
                `${token.label || t('keys:unnamed')} ${token.serial.slice(-4)}`,
                card.plugged
                  ? null
                  : t('certificates:fact.seenAt', { date: formatDateLong(card.seenAt, language) }),
              ]
                .filter(Boolean)
                .join(t('common:comma')),
            ],
            [
              t('certificates:fact.chain'),
              detail ? <Chain key="chain" detail={detail} /> : certificate.issuerName,
            ],
          ]}
        />
        {past && (
          <p className="certificate-past">
            {t(past.state === 'done' ? 'certificates:past.done' : 'certificates:past.ended', {
              date: formatDateLong(past.history.at(-1)?.at ?? null, language),
            })}
            {t('pin:gap')}
            <LinkButton onClick={() => onRenewal(past.id)}>{t('certificates:past.show')}</LinkButton>
          </p>
        )}
      </section>
      {error !== null && <Trouble error={error} />}
      {detail && <Folds card={card} detail={detail} />}
    </main>
  );
}

/** From its beginning to its end, with today and the day from which it can be renewed. */
function Life({ card }: { card: CertificateCard }) {
  const { t, language } = useTexts();
  const { certificate } = card;
  const days = daysWords(t, language, certificate);
  const { today, opens } = lifeOf(certificate, card.renewalFrom, new Date());
  const revoked = isRevoked(card);
  const dead = days.over || revoked;
  const percent = (share: number) => `${(share * 100).toFixed(2)}%`;
  return (
    <section className="life" aria-label={t('certificates:life.label')}>
      <p className="life-now">
        <b className={dead ? 'bad' : days.urgent ? 'warn' : undefined}>
          {revoked ? t('certificates:life.revoked') : days.left}
        </b>
        <span className="note">
          {t(days.over ? 'certificates:life.ended' : 'certificates:life.ends', {
            date: formatDateLong(certificate.notAfter, language),
          })}
        </span>
        {!dead && !card.superseded && (
          <span className="note life-opens">
            {t('certificates:life.opens', { date: formatDate(card.renewalFrom) })}
          </span>
        )}
      </p>
      <div
        className={dead ? 'life-bar is-over' : certificate.daysLeft <= 90 ? 'life-bar is-soon' : 'life-bar'}
        aria-hidden="true"
      >
        {!dead && <b style={{ left: percent(today) }} />}
        <i style={{ left: percent(opens) }} />
      </div>
      <p className="life-ends note">
        <span>{formatDate(certificate.notBefore)}</span>
        <span>{dead ? <s>{formatDate(certificate.notAfter)}</s> : formatDate(certificate.notAfter)}</span>
      </p>
    </section>
  );
}

function Chain({ detail }: { detail: CertificateDetail }) {
  const { t } = useTexts();
  return (
    <ol className="chain">
      {detail.chain.slice(1).map((one) => (
        <li key={one.sha256} title={one.subject}>
          {one.name}
          {one.trusted && <span className="note"> {t('certificates:fact.trustedRoot')}</span>}
        </li>
      ))}
      {detail.chain.length < 2 && <li>{t('certificates:fact.noChain')}</li>}
    </ol>
  );
}

function Folds({ card, detail }: { card: CertificateCard; detail: CertificateDetail }) {
  const { t } = useTexts();
  const { certificate } = card;
  const usages = (names: readonly string[] | null, family: 'usage' | 'extended') =>
    names === null
      ? t('certificates:more.any')
      : names
          .map((name) => t(`certificates:${family}.${name.replaceAll('.', '_')}`, { defaultValue: name }))
          .join(t('common:comma'));
  const rows: (readonly [string, string])[] = [
    [t('certificates:more.keyUsage'), usages(detail.keyUsage, 'usage')],
    [t('certificates:more.extendedKeyUsage'), usages(detail.extendedKeyUsage, 'extended')],
    [t('certificates:more.keyType'), certificate.keyType],
    [t('certificates:more.signature'), detail.signatureAlgorithm],
    [t('keys:certificate.serialNumber'), inGroups(certificate.serialNumber)],
    [t('certificates:more.sha256'), inGroups(detail.sha256)],
    [t('certificates:more.sha1'), inGroups(detail.sha1)],
    [t('keys:certificate.subject'), certificate.subject],
    [t('keys:certificate.issuerName'), certificate.issuer],
    ...(detail.subjectKeyId
      ? [[t('certificates:more.subjectKeyId'), inGroups(detail.subjectKeyId)] as const]
      : []),
    ...detail.ocsp.map((url) => ['OCSP', url] as const),
    ...detail.crl.map((url) => ['CRL', url] as const),
  ];
  return (
    <div className="card certificate-folds">
      <Fold title={t('certificates:more.title')} note={certificate.keyType}>
        <dl className="stack note">
          {rows.map(([name, value]) => (
            <div key={`${name} ${value}`}>
              <dt>{name}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </div>
          ))}
        </dl>
      </Fold>
      <Fold
        title={t('certificates:raw.title')}
        note={t('certificates:raw.lines', { count: detail.raw.length })}
      >
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what may scroll must be within reach of the keyboard */}
        <pre className="raw" tabIndex={0}>
          {detail.raw.join('\n')}
        </pre>
      </Fold>
    </div>
  );
}
