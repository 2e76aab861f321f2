import { Button, formatDateTimeLong, Icon, useTexts } from '../look/index.ts';
import { useNow } from './Elapsed.tsx';
import { GiveUp } from './GiveUp.tsx';
import { Acts, Heading, Keep, type PageProps } from './parts.tsx';
import { QrCode } from './QrCode.tsx';
import { money, span } from './words.ts';

/** Pays with a phone, or in the browser. The client looks by itself whether it was paid. */
export function PayPage({ view, acts, error }: PageProps) {
  const { t, language } = useTexts();
  const { order } = view;
  if (!order) return <Heading title={t('common:wait')} />;
  const running = acts.act.running !== null;
  return (
    <>
      <Heading title={t('renewal:pay.title', { amount: money(t, language, order.fees.total) })}>
        {t('renewal:pay.text')}
      </Heading>
      <div className="pay">
        <span className="pay-code">
          <QrCode text={order.payUrl} label={t('renewal:pay.code', { number: order.number })} />
        </span>
        <div>
          <p>{t('renewal:pay.scan')}</p>
          <Button kind="main" disabled={running} onClick={acts.pay} data-testid="renewal-pay">
            {t('renewal:pay.open')}
          </Button>
          <p className="pay-wait" role="status">
            <span className="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            <span>{t('renewal:pay.waiting')}</span>
          </p>
          <NextLook at={view.nextLookAt} />
        </div>
      </div>
      <Keep icon="info" title={t('renewal:pay.closeTitle')} calm>
        {t('renewal:pay.close')}
      </Keep>
      <Acts error={error} note={t('renewal:pay.giveUpNote')}>
        {view.actions.includes('check') && (
          <Button disabled={running} onClick={acts.check}>
            {t(running ? 'common:wait' : 'renewal:look.do')}
          </Button>
        )}
        <GiveUp view={view} acts={acts} />
      </Acts>
    </>
  );
}

/** The authority's staff decide; the client asks again by itself. */
export function ReviewPage({ view, acts, error }: PageProps) {
  const { t } = useTexts();
  const running = acts.act.running !== null;
  const look = view.actions.includes('go') ? acts.go : view.actions.includes('check') ? acts.check : null;
  return (
    <>
      <Heading title={t('renewal:review.title')}>{t('renewal:review.text')}</Heading>
      <div className="wait-line">
        <Icon name="wait" size="large" />
        <div>
          <p>{t('renewal:review.by', { authority: hostOf(view.authority) })}</p>
          <NextLook at={view.nextLookAt} />
        </div>
      </div>
      <Keep icon="check-c" title={t('renewal:review.safeTitle')} calm>
        {t('renewal:review.safe')}
      </Keep>
      <Acts error={error}>
        {look && (
          <Button disabled={running} onClick={look}>
            {t(running ? 'common:wait' : 'renewal:look.do')}
          </Button>
        )}
        <GiveUp view={view} acts={acts} />
      </Acts>
    </>
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** When the client looks again: a few minutes are counted, a later time is told. */
function NextLook({ at }: { at: string | null }) {
  const { t, language } = useTexts();
  const now = useNow();
  if (at === null) return null;
  const seconds = Math.ceil((Date.parse(at) - now) / 1000);
  return (
    <p className="note">
      {seconds <= 0
        ? t('renewal:look.now')
        : seconds <= 300
          ? t('renewal:look.in', { span: span(t, seconds) })
          : t('renewal:look.at', { time: formatDateTimeLong(at, language) })}
    </p>
  );
}
