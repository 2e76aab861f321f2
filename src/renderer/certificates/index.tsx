import './certificates.css';
import type { CertificateInfo } from '../../shared/domain/keys.ts';
import { useSnapshot } from '../api/index.ts';
import {
  Button,
  DaysBar,
  daysWords,
  Empty,
  Facts,
  formatNumber,
  holderName,
  Icon,
  Note,
  useTexts,
} from '../look/index.ts';
import { TopTitle, useRouter } from '../shell/index.ts';
import { type Held, sorted, tally } from './list.ts';

/** Every certificate of every plugged key, the first to expire on top. */
export default function CertificatesScreen() {
  const { t, language } = useTexts();
  const { snapshot } = useSnapshot();
  const router = useRouter();
  const held = sorted(snapshot?.keys ?? []);
  const counts = tally(held);
  const count = (value: number) =>
    t('screens:certificates.panel.count', { count: value, formatted: formatNumber(value, language) });

  return (
    <>
      <TopTitle
        title={t('common:rail.certificates')}
        note={held.length > 0 && t('screens:certificates.note', { count: held.length })}
      />
      <div className={held.length > 0 ? 'body' : 'body is-single'}>
        <main className="stage" id="main" data-pane="stage" tabIndex={-1}>
          {held.length > 0 ? (
            <ul className="cert-list" aria-label={t('screens:certificates.list')}>
              {held.map((one) => (
                <Row key={`${one.key.key} ${one.certificate.sha256}`} held={one} />
              ))}
            </ul>
          ) : (
            <Empty
              title={t('screens:certificates.empty.title')}
              icon="cert"
              actions={
                <Button onClick={() => router.go('keys')}>{t('screens:certificates.empty.action')}</Button>
              }
            >
              <p>{t('screens:certificates.empty.text')}</p>
            </Empty>
          )}
        </main>
        {held.length > 0 && (
          <aside className="panel" aria-label={t('screens:certificates.panel.label')} data-pane="panel">
            <section className="next">
              <h2>{t('screens:certificates.panel.title')}</h2>
              {counts.soon + counts.over === 0 && <p>{t('screens:certificates.panel.ok')}</p>}
              <p>{t('screens:certificates.panel.renew')}</p>
            </section>
            <hr className="rule" />
            <Facts
              rows={[
                [t('screens:certificates.panel.all'), count(held.length)],
                [t('screens:certificates.panel.soon'), count(counts.soon)],
                [t('screens:certificates.panel.over'), count(counts.over)],
                [t('screens:certificates.panel.unable'), count(counts.unable)],
              ]}
            />
            <hr className="rule" />
            <div className="next">
              <Note>{t('screens:certificates.panel.past')}</Note>
              <Note>{t('screens:certificates.panel.today')}</Note>
            </div>
          </aside>
        )}
      </div>
    </>
  );
}

function Row({ held: { key, certificate } }: { held: Held }) {
  const { t, language } = useTexts();
  const router = useRouter();
  const days = daysWords(t, language, certificate);
  return (
    <li>
      <span className="cert-tile">
        <Icon name="cert" size="large" />
      </span>
      <div>
        <h2 className={days.over ? 'grey' : undefined}>
          <button
            type="button"
            className="reach"
            onClick={() =>
              router.go('keys', { type: 'certificate', key: key.key, certificate: certificate.id })
            }
          >
            {holderName(certificate) || certificate.subject}
          </button>
        </h2>
        {certificate.unit && certificate.unit !== certificate.holder && (
          <p className="note">{certificate.unit}</p>
        )}
        <p className="note">
          {certificate.keyType} · {t('keys:row.issuedBy', { issuer: certificate.issuerName })}
        </p>
        <p className="note">
          {t('screens:certificates.onKey', {
            label: key.label || t('keys:unnamed'),
            last: key.serial.slice(-4),
          })}
        </p>
        <Obstacle info={certificate} />
      </div>
      <p className="note">{days.over ? <s>{days.date}</s> : days.date}</p>
      <DaysBar
        daysLeft={days.over ? -1 : certificate.validity === 'not-yet-valid' ? 0 : certificate.daysLeft}
      />
      <p className={days.over ? 'left grey' : days.urgent ? 'left warn' : 'left'}>{days.left}</p>
      <Icon name="right" size="small" className="grey" />
    </li>
  );
}

function Obstacle({ info }: { info: CertificateInfo }) {
  const { t } = useTexts();
  if (info.hasPrivateKey === false) return <p className="note warn">{t('keys:row.noKey')}</p>;
  if (!info.canSign) return <p className="note warn">{t('keys:row.cannotSign')}</p>;
  return null;
}
