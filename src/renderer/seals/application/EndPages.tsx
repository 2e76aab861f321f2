import { Button, formatBytes, Icon, useTexts } from '../../look/index.ts';
import { useRouter } from '../../shell/index.ts';
import { boundWord } from './page.ts';
import { Acts, Heading, type PageProps } from './parts.tsx';

/** Done: how the seal lies on the key, and what that means. */
export function BoundPage(props: PageProps) {
  const { t, language } = useTexts();
  const { go } = useRouter();
  const { view, onSeal } = props;
  const word = boundWord(view);
  return (
    <>
      <Heading title={t('seals:mine.application.bound.title')}>
        {t('seals:mine.application.bound.text', { label: view.token.label || t('keys:unnamed') })}
      </Heading>
      {word && view.bound && (
        <div className="seal-apply-fact" data-testid="bound" data-how={word}>
          <Icon name={word === 'full' ? 'check-c' : 'info'} className={word === 'full' ? 'ok' : 'grey'} />
          <div>
            <h3>{t('seals:mine.application.bound.where')}</h3>
            <p>
              {t(`seals:mine.application.bound.${word}`, { bytes: formatBytes(view.bound.bytes, language) })}
            </p>
            {word === 'store' && <p>{t('seals:mine.application.bound.storeNext')}</p>}
          </div>
        </div>
      )}
      <Acts props={props}>
        {view.sealId !== null && (
          <Button kind="main" onClick={() => onSeal(view.sealId ?? '')} data-testid="application-show">
            {t('seals:mine.application.bound.show')}
          </Button>
        )}
        <Button icon="stamp" onClick={() => go('documents', { type: 'choose' })}>
          {t('seals:mine.application.bound.stamp')}
        </Button>
      </Acts>
    </>
  );
}

/** Not approved: why, and the way to apply again. */
export function RefusedPage(props: PageProps) {
  const { t } = useTexts();
  const { view } = props;
  return (
    <>
      <Heading title={t('seals:mine.application.refused.title')}>
        {t('seals:mine.application.refused.text')}
      </Heading>
      <div className="seal-apply-fact">
        <Icon name="warn" className="warn" />
        <div>
          <h3>{t('seals:mine.application.refused.reason')}</h3>
          <p className="seal-apply-reason">{view.reason || t('seals:mine.application.refused.noReason')}</p>
        </div>
      </div>
      <Acts props={props}>
        <Button kind="main" onClick={props.onAgain} data-testid="application-again">
          {t('seals:mine.application.refused.again')}
        </Button>
      </Acts>
    </>
  );
}

export function OverPage(props: PageProps) {
  const { t } = useTexts();
  return (
    <>
      <Heading title={t('seals:mine.application.withdrawn.title')}>
        {t('seals:mine.application.withdrawn.text')}
      </Heading>
      <Acts props={props}>
        <Button kind="main" onClick={props.onAgain} data-testid="application-again">
          {t('seals:mine.collect')}
        </Button>
      </Acts>
    </>
  );
}
