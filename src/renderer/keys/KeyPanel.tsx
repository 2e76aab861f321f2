import { useState } from 'react';
import type { CertificateInfo, KeyInfo, ModuleInfo } from '../../shared/domain/keys.ts';
import { refreshKeys, useCare } from '../api/index.ts';
import { CareNews, changePin, ofKey } from '../care/index.ts';
import {
  Button,
  daysWords,
  Facts,
  Fold,
  formatDateLong,
  formatNumber,
  holderName,
  Icon,
  inGroups,
  StateWord,
  useTexts,
} from '../look/index.ts';
import { useRouter } from '../shell/index.ts';
import { nextStep, own, signers } from './selection.ts';

/** What can be done with the chosen key, in the order in which one does it; or its certificate in detail. */
export function KeyPanel({
  info,
  certificate,
  module,
  onCertificate,
}: {
  info: KeyInfo;
  certificate: CertificateInfo | null;
  module: ModuleInfo | null;
  onCertificate: (id: string | null) => void;
}) {
  const { t } = useTexts();
  return (
    <aside className="panel" aria-label={t('keys:panelLabel')} data-pane="panel">
      {certificate ? (
        <CertificateDetails info={certificate} onBack={() => onCertificate(null)} />
      ) : (
        <KeyActions info={info} module={module} onCertificate={onCertificate} />
      )}
    </aside>
  );
}

function KeyActions({
  info,
  module,
  onCertificate,
}: {
  info: KeyInfo;
  module: ModuleInfo | null;
  onCertificate: (id: string | null) => void;
}) {
  const { t } = useTexts();
  const router = useRouter();
  const [looking, setLooking] = useState(false);
  const first = signers(info)[0] ?? own(info)[0];
  const step = nextStep(info);
  const renewable = step.type === 'soon' || step.type === 'expired' ? step.certificate : null;
  const care = useCare();
  const news = ofKey(care, info.key);
  const mayChange = !['locked', 'not-set'].includes(info.pin.state) && info.error === null;
  const mustChange = info.pin.state === 'to-be-changed';
  const change = () => changePin(info);
  const able = signers(info).length > 0 && !['locked', 'not-set', 'to-be-changed'].includes(info.pin.state);
  return (
    <>
      <section className="next">
        <h2>{info.label || t('keys:unnamed')}</h2>
        {news ? (
          <CareNews state={news} again={mayChange ? change : null} />
        ) : (
          <p>
            <NextSentence info={info} />
          </p>
        )}
        {mustChange && !news && (
          <Button kind="main" wide disabled={care.running !== null} onClick={change}>
            {t('care:changePin')}
          </Button>
        )}
        {(info.pin.state === 'locked' || info.pin.state === 'not-set') && !news && (
          <Button kind="main" wide onClick={() => router.go('support', { type: 'care', key: info.key })}>
            {t(info.pin.state === 'locked' ? 'keys:unlockWays' : 'care:setPin')}
          </Button>
        )}
        {able && (
          <Button kind="main" wide onClick={() => router.go('documents', { type: 'choose' })}>
            {t('keys:next.stamp')}
          </Button>
        )}
      </section>
      <hr className="rule" />
      <div className="do">
        {!able && (
          <button type="button" onClick={() => router.go('documents', { type: 'choose', mode: 'verify' })}>
            <Icon name="folder" />
            <span>{t('keys:empty.verifyAction')}</span>
          </button>
        )}
        {renewable && (
          <button
            type="button"
            onClick={() => router.go('certificates', { type: 'one', sha256: renewable.sha256 })}
            data-testid="key-renew"
          >
            <Icon name="renew" />
            <span>{t('keys:next.renew')}</span>
          </button>
        )}
        {first && (
          <button type="button" onClick={() => onCertificate(first.id)}>
            <Icon name="cert" />
            <span>{t('keys:next.details')}</span>
          </button>
        )}
        {mayChange && !mustChange && (
          <button
            type="button"
            aria-disabled={care.running !== null}
            onClick={() => care.running === null && change()}
            data-testid="change-pin"
          >
            <Icon name="pin" />
            <span>{t('care:changePin')}</span>
          </button>
        )}
        <button
          type="button"
          aria-disabled={looking}
          onClick={() => {
            if (looking) return;
            setLooking(true);
            void refreshKeys().finally(() => setLooking(false));
          }}
        >
          <Icon name="renew" />
          <span>{looking ? t('common:wait') : t('keys:next.refresh')}</span>
        </button>
        <button type="button" onClick={() => router.go('settings')}>
          <Icon name="chip" />
          <span>{t('keys:next.drivers')}</span>
        </button>
      </div>
      <hr className="rule" />
      <Facts
        small
        rows={[
          [
            t('keys:fact.driver'),
            module?.version
              ? t('keys:module.version', { name: info.moduleName, version: module.version })
              : info.moduleName,
          ],
          ...(info.firmware ? [[t('keys:fact.firmware'), info.firmware] as const] : []),
          [t('keys:fact.pin'), t(`keys:pin.${info.pin.state}.fact`)],
          info.pin.protectedPath
            ? [t('keys:fact.pad'), t('keys:fact.padValue')]
            : [
                t('keys:fact.pinLength'),
                t('keys:fact.pinLengthValue', { min: info.pin.minLength, max: info.pin.maxLength }),
              ],
          [t('keys:fact.tries'), t(`keys:fact.${triesWord[info.pin.state] ?? 'triesUnknown'}`)],
        ]}
      />
    </>
  );
}

/** What the key's flags tell of tries; most keys tell nothing more. */
const triesWord: Partial<Record<KeyInfo['pin']['state'], string>> = {
  low: 'triesFew',
  'final-try': 'triesOne',
  locked: 'triesNone',
};

function NextSentence({ info }: { info: KeyInfo }) {
  const { t, language } = useTexts();
  const step = nextStep(info);
  switch (step.type) {
    case 'pin':
      return t(`keys:pin.${info.pin.state}.told`);
    case 'soon':
    case 'expired':
    case 'notYet': {
      const { certificate } = step;
      return t(`keys:next.${step.type}`, {
        holder: holderName(certificate),
        days: formatNumber(Math.abs(certificate.daysLeft), language),
        date: formatDateLong(certificate.notBefore, language),
      });
    }
    default:
      return t(`keys:next.${step.type}`);
  }
}

function CertificateDetails({ info, onBack }: { info: CertificateInfo; onBack: () => void }) {
  const { t, language } = useTexts();
  const days = daysWords(t, language, info);
  const privateKey =
    info.hasPrivateKey === null ? 'privateKeyUnknown' : info.hasPrivateKey ? 'privateKeyYes' : 'privateKeyNo';
  const usage = info.isCa ? 'usageCa' : info.canSign ? 'usageSign' : 'usageNoSign';
  return (
    <>
      <button type="button" className="back" onClick={onBack}>
        <Icon name="left" size="small" />
        {t('keys:next.back')}
      </button>
      <h2 className="panel-head">{holderName(info) || info.subject}</h2>
      <p>
        <StateWord
          tone={info.validity === 'valid' ? 'ok' : info.validity === 'expired' ? 'grey' : 'warn'}
          icon={info.validity === 'valid' ? 'check-c' : info.validity === 'expired' ? 'cross-c' : 'warn'}
        >
          {days.left}
        </StateWord>
      </p>
      <hr className="rule" />
      <Facts
        rows={[
          [t('keys:certificate.holder'), info.holder],
          ...(info.unit && info.unit !== info.holder
            ? [[t('keys:certificate.unit'), info.unit] as const]
            : []),
          [t('keys:certificate.issuer'), info.issuerName],
          [t('keys:certificate.from'), formatDateLong(info.notBefore, language)],
          [t('keys:certificate.until'), formatDateLong(info.notAfter, language)],
          [t('keys:certificate.usage'), t(`keys:certificate.${usage}`)],
          ...(info.isCa
            ? []
            : [[t('keys:certificate.privateKey'), t(`keys:certificate.${privateKey}`)] as const]),
        ]}
      />
      <div className="panel-fold">
        <Fold title={t('keys:certificate.more')} note={info.keyType} open>
          <dl className="stack note">
            {(
              [
                ['serialNumber', inGroups(info.serialNumber)],
                ['fingerprint', inGroups(info.sha256)],
                ['id', info.id],
                ['subject', info.subject],
                ['issuerName', info.issuer],
              ] as const
            ).map(([name, value]) => (
              <div key={name}>
                <dt>{t(`keys:certificate.${name}`)}</dt>
                <dd>
                  <code>{value}</code>
                </dd>
              </div>
            ))}
          </dl>
        </Fold>
      </div>
    </>
  );
}
