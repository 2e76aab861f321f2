import { careWords } from '../care/index.ts';
import { Button, Facts, Icon, useTexts } from '../look/index.ts';
import { GiveUp } from './GiveUp.tsx';
import { Lost } from './Lost.tsx';
import { isAbandoned, isSealPending, pageOf } from './page.ts';
import { Acts, Heading, Keep, KeyDrawing, type PageProps } from './parts.tsx';
import { money } from './words.ts';

/** The key is needed, and not there. */
export function KeyPage({ view, acts, error }: PageProps) {
  const { t } = useTexts();
  return (
    <>
      <Heading title={t('renewal:key.title', { label: view.token.label || t('keys:unnamed') })}>
        {t('renewal:key.text', { last: view.token.serial.slice(-4) })}
      </Heading>
      <KeyDrawing view={view} out />
      <Keep
        icon="info"
        title={t(isSealPending(view) ? 'renewal:stopped.sealTitle' : 'renewal:key.safeTitle')}
        calm
      >
        {isSealPending(view) ? t('renewal:stopped.seal', { name: view.seal.name }) : t('renewal:key.safe')}
      </Keep>
      <Acts error={error}>
        <GiveUp view={view} acts={acts} />
        <Lost view={view} acts={acts} />
      </Acts>
    </>
  );
}

/** It stopped: what happened, that nothing is lost, and how it goes on. */
export function StoppedPage({ view, acts, error }: PageProps) {
  const { t } = useTexts();
  const running = acts.act.running !== null;
  const words = view.error ? careWords(t, view.error) : null;
  const go = view.actions.includes('go');
  const sealOnly = isSealPending(view);
  // All that is left is to end it: then it must not look as if it could go on.
  const over = !go && !view.actions.includes('check');
  return (
    <>
      <Heading title={words?.heading ?? t('renewal:stopped.title')}>
        {words?.meaning ?? t('renewal:stopped.text')}
      </Heading>
      {words && (
        <div className="renew-why">
          <p>{words.next}</p>
          <p className="note">{words.technical}</p>
        </div>
      )}
      <Keep
        icon="check-c"
        title={t(
          sealOnly
            ? 'renewal:stopped.sealTitle'
            : over
              ? 'renewal:stopped.overTitle'
              : 'renewal:stopped.keptTitle',
        )}
        calm
      >
        {t(
          sealOnly
            ? 'renewal:stopped.seal'
            : over
              ? 'renewal:stopped.over'
              : view.order?.paidAt
                ? 'renewal:stopped.keptPaid'
                : 'renewal:stopped.kept',
          {
            step: t(`renewal:step.${view.step}`),
            name: view.seal.name,
          },
        )}
      </Keep>
      <Acts error={error}>
        {go && (
          <Button kind="main" disabled={running} onClick={acts.go} data-testid="renewal-go">
            {t(running ? 'common:wait' : 'renewal:stopped.go')}
          </Button>
        )}
        {view.actions.includes('check') && (
          <Button kind={go ? 'plain' : 'main'} disabled={running} onClick={acts.check}>
            {t('renewal:checks.again')}
          </Button>
        )}
        <GiveUp view={view} acts={acts} main={over} />
        <Lost view={view} acts={acts} />
      </Acts>
    </>
  );
}

/** It has ended without a new certificate: refused, given up, or impossible. */
export function EndedPage({ view, acts, error }: PageProps) {
  const { t, language } = useTexts();
  const page = pageOf(view);
  const running = acts.act.running !== null;
  const { order } = view;
  const refused = page === 'refused';
  const lost = isAbandoned(view);
  const words = view.error && !refused ? careWords(t, view.error) : null;
  const over = Date.now() > Date.parse(view.old.notAfter);
  return (
    <>
      <Heading
        title={t(
          `renewal:${lost ? 'abandoned' : page === 'refused' || page === 'ended' ? page : 'cancelled'}.title`,
        )}
      >
        {t(`renewal:${refused ? 'refused' : lost ? 'abandoned' : 'cancelled'}.text`)}
      </Heading>
      {refused && (
        <blockquote className="renew-why">
          <h3>{t('renewal:refused.reason')}</h3>
          <p>{order?.reason || t('renewal:refused.noReason')}</p>
        </blockquote>
      )}
      {words && (
        <div className="renew-why">
          <h3 className="with-icon">
            <Icon name="warn" size="small" className="warn" />
            {words.heading}
          </h3>
          <p>{words.meaning}</p>
          <p>{words.next}</p>
          <p className="note">{words.technical}</p>
        </div>
      )}
      <div className="renew-facts">
        <Facts
          rows={[
            ...(order
              ? [
                  [t('renewal:ends.order'), order.number] as const,
                  [
                    t('renewal:ends.money'),
                    order.paidAt
                      ? t(lost ? 'renewal:abandoned.money' : 'renewal:ends.back', {
                          amount: money(t, language, order.fees.total),
                        })
                      : t('renewal:ends.notPaid'),
                  ] as const,
                ]
              : []),
            [
              t('renewal:ends.old'),
              t(lost ? 'renewal:abandoned.old' : over ? 'renewal:ends.oldOver' : 'renewal:ends.oldText'),
            ],
            [t('renewal:ends.key'), t(lost ? 'renewal:abandoned.key' : 'renewal:ends.keyText')],
          ]}
        />
      </div>
      <Acts error={error} note={refused && t('renewal:refused.note')}>
        {!lost && (
          <Button kind="main" disabled={running || over} onClick={acts.again} data-testid="renewal-again">
            {t(refused ? 'renewal:refused.again' : 'renewal:cancelled.again')}
          </Button>
        )}
      </Acts>
    </>
  );
}
