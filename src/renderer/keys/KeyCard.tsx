import type { CertificateInfo, KeyInfo } from '../../shared/domain/keys.ts';
import { useCare } from '../api/index.ts';
import { changePin } from '../care/index.ts';
import {
  Button,
  DaysBar,
  daysWords,
  describeError,
  Fold,
  holderName,
  Icon,
  Note,
  pinSign,
  StateWord,
  serialParts,
  useTexts,
} from '../look/index.ts';
import { useRouter } from '../shell/index.ts';
import { own } from './selection.ts';

/** A key as a thing one holds: name, maker, serial number, state, and its certificates. */
export function KeyCard({
  info,
  here,
  certificate,
  onChoose,
}: {
  info: KeyInfo;
  /** The panel is about this one. */
  here: boolean;
  certificate: string | null;
  onChoose: (certificate: string | null) => void;
}) {
  const { t } = useTexts();
  const serial = serialParts(info.serial);
  const certificates = own(info);
  const authorities = info.certificates.filter(({ isCa }) => isCa);
  const maker = [info.manufacturer, info.model].filter(Boolean).join(' ');
  const name = info.label || t('keys:unnamed');
  return (
    <article className={here ? 'key is-here' : 'key'} data-testid="key" aria-label={name}>
      <span className="plug" aria-hidden="true" />
      <header>
        <div>
          <h2>
            <button
              type="button"
              className="reach"
              aria-pressed={here && certificate === null}
              onClick={() => onChoose(null)}
            >
              {name}
            </button>
          </h2>
          <p className="note serial">
            {maker && `${maker} · `}
            {t('keys:serial')}
            {serial.head} <b>{serial.last}</b>
          </p>
        </div>
        {info.error ? (
          <StateWord tone="warn" icon="warn">
            {t('keys:trouble.short')}
          </StateWord>
        ) : (
          <StateWord {...pinSign(info.pin.state)}>{t(`keys:pin.${info.pin.state}.word`)}</StateWord>
        )}
      </header>
      <Told info={info} />
      {info.error === null && certificates.length === 0 && (
        <div className="rows-none">
          <p>{t('keys:none.certificates')}</p>
          <Note>{t('keys:none.certificatesNext')}</Note>
        </div>
      )}
      {certificates.length > 0 && (
        <ul className="rows">
          {certificates.map((one) => (
            <CertificateRow
              key={one.sha256}
              info={one}
              here={here && one.id === certificate}
              onChoose={() => onChoose(one.id)}
            />
          ))}
        </ul>
      )}
      {authorities.length > 0 && (
        <div className="key-fold">
          <Fold title={t('keys:ca.line', { count: authorities.length })}>
            <ul className="rows is-inner">
              {authorities.map((one) => (
                <CertificateRow
                  key={one.sha256}
                  info={one}
                  here={here && one.id === certificate}
                  onChoose={() => onChoose(one.id)}
                />
              ))}
            </ul>
          </Fold>
        </div>
      )}
    </article>
  );
}

/** What is to be known before this key is used: the PIN's state, or why the key was not read in full. */
function Told({ info }: { info: KeyInfo }) {
  const { t } = useTexts();
  const care = useCare();
  const router = useRouter();
  if (info.error) {
    const words = describeError(t, info.error);
    return (
      <div className="told">
        <div>
          <p>
            <b className="strong">{words.heading}</b> {words.meaning}
          </p>
          <p>{words.next}</p>
          <p className="note">{words.technical}</p>
        </div>
      </div>
    );
  }
  if (info.pin.state === 'ok') return null;
  return (
    <div className="told">
      <p>{t(`keys:pin.${info.pin.state}.told`)}</p>
      {info.pin.state === 'to-be-changed' && (
        <Button small disabled={care.running !== null} onClick={() => changePin(info)}>
          {t('care:changePin')}
        </Button>
      )}
      {(info.pin.state === 'locked' || info.pin.state === 'not-set') && (
        <Button small onClick={() => router.go('support', { type: 'care', key: info.key })}>
          {t(info.pin.state === 'locked' ? 'keys:unlockWays' : 'care:setPin')}
        </Button>
      )}
    </div>
  );
}

function CertificateRow({
  info,
  here,
  onChoose,
}: {
  info: CertificateInfo;
  here: boolean;
  onChoose: () => void;
}) {
  const { t, language } = useTexts();
  const days = daysWords(t, language, info);
  const obstacle = info.isCa
    ? null
    : info.hasPrivateKey === false
      ? t('keys:row.noKey')
      : info.canSign
        ? null
        : t('keys:row.cannotSign');
  return (
    <li className={here ? 'is-here' : undefined} data-testid="certificate">
      <span className="cert-tile">
        <Icon name="cert" size="large" />
      </span>
      <div>
        <h3 className={days.over ? 'grey' : undefined}>
          <button type="button" className="reach" title={info.holder} aria-pressed={here} onClick={onChoose}>
            {holderName(info) || info.subject}
          </button>
        </h3>
        {info.unit && info.unit !== info.holder && <p className="note">{info.unit}</p>}
        <p className="note">
          {info.keyType} · {t('keys:row.issuedBy', { issuer: info.issuerName })}
        </p>
        {info.hasPrivateKey === null && !info.isCa && (
          <p className="note is-whole">{t('keys:row.keyUnknown')}</p>
        )}
        {obstacle && <p className="note warn is-whole">{obstacle}</p>}
      </div>
      <p className="note">{days.over ? <s>{days.date}</s> : days.date}</p>
      <DaysBar daysLeft={days.over ? -1 : info.validity === 'not-yet-valid' ? 0 : info.daysLeft} />
      <p className={days.over ? 'left grey' : days.urgent ? 'left warn' : 'left'}>{days.left}</p>
      <Icon name="right" size="small" className="grey" />
    </li>
  );
}
