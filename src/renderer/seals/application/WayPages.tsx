import { useSnapshot } from '../../api/index.ts';
import { Button, describeError, formatDateTimeLong, Icon, useTexts } from '../../look/index.ts';
import { holdsKey, pageOfApplication } from './page.ts';
import { Acts, Heading, Keep, type PageProps } from './parts.tsx';

const signs = {
  ok: ['check', 'ok'],
  note: ['warn', 'warn'],
  stop: ['cross', 'bad'],
  unknown: ['info', 'grey'],
} as const;

/** Made here, not sent yet: what was checked, and the signature under it. */
export function DraftPage(props: PageProps) {
  const { t } = useTexts();
  const { view, running } = props;
  const stopped = view.checks.some(({ state }) => state === 'stop');
  return (
    <>
      <Heading title={t('seals:mine.application.draft.title')}>
        {t(stopped ? 'seals:mine.application.draft.stop' : 'seals:mine.application.draft.text')}
      </Heading>
      {view.checks.length > 0 && (
        <ul className="seal-apply-checks">
          {view.checks.map((check) => {
            const [icon, tone] = signs[check.state];
            const note = check.state === 'note';
            const words =
              note || check.code === null
                ? null
                : describeError(t, { code: check.code, details: check.details });
            return (
              <li key={check.name} data-check={check.name} data-state={check.state}>
                <Icon name={icon} size="small" className={tone} />
                <span>
                  <span className="out-of-sight">{t(`documents:checks.state.${check.state}`)}</span>
                  {t(`seals:mine.application.check.${check.name}`)}
                  {note && (
                    <span className="note below">
                      {t(`seals:capture.form.note.${check.name}`, check.details)}
                    </span>
                  )}
                  {words && <b className="below">{words.heading}</b>}
                  {words && <span className="note below">{words.next}</span>}
                </span>
              </li>
            );
          })}
        </ul>
      )}
      <Acts props={props} note={t('seals:mine.application.draft.note')}>
        <Button
          kind="main"
          icon="pin"
          disabled={stopped || running !== null}
          onClick={props.send}
          data-testid="application-send"
        >
          {t(running === 'send' ? 'common:wait' : 'seals:mine.application.draft.send')}
        </Button>
        {stopped && (
          <Button onClick={props.onAgain} data-testid="application-again">
            {t('seals:mine.application.draft.mend')}
          </Button>
        )}
      </Acts>
    </>
  );
}

/** The client is at it, or was interrupted while it was. */
export function WorkPage(props: PageProps) {
  const { t } = useTexts();
  const { view, running } = props;
  const page = pageOfApplication(view);
  const sends = view.phase === 'sending';
  const label = view.token.label || t('keys:unnamed');
  if (page === 'sending-stuck' || page === 'binding-stopped') {
    const words = sends ? 'sending' : 'binding';
    return (
      <>
        <Heading title={t(`seals:mine.application.${words}.${sends ? 'stuck' : 'stopped'}`)}>
          {t(`seals:mine.application.${words}.${sends ? 'stuckText' : 'stoppedText'}`)}
        </Heading>
        <Acts props={props} note={t('seals:mine.application.approved.note')}>
          <Button
            kind="main"
            icon="pin"
            disabled={running !== null}
            onClick={sends ? props.send : props.bind}
            data-testid="application-go"
          >
            {t(
              running !== null
                ? 'common:wait'
                : sends
                  ? 'seals:mine.application.sending.again'
                  : 'seals:mine.application.binding.go',
            )}
          </Button>
        </Acts>
      </>
    );
  }
  return (
    <>
      <Heading title={t(`seals:mine.application.${view.phase}.title`)}>
        {t(`seals:mine.application.${view.phase}.text`, { label })}
      </Heading>
      <p className="seal-apply-progress" role="status" data-progress={view.progress}>
        <Icon name={view.progress === 'pin' ? 'pin' : 'renew'} size="large" />
        <span>{view.progress && t(`seals:mine.application.progress.${view.progress}`)}</span>
      </p>
      {holdsKey(view) && <Keep />}
      <Acts props={props} />
    </>
  );
}

/** The authority's staff decide; in practice one is the staff oneself. */
export function ReviewPage(props: PageProps) {
  const { t, language } = useTexts();
  const { view, running } = props;
  return (
    <>
      <Heading title={t('seals:mine.application.review.title')}>
        {t('seals:mine.application.review.text')}
      </Heading>
      <p className="seal-apply-progress">
        <Icon name="wait" size="large" />
        <span>
          {t('seals:mine.application.review.by', { date: formatDateTimeLong(view.createdAt, language) })}
        </span>
      </p>
      {view.reviewUrl !== null && (
        <div className="seal-apply-practice">
          <Button small disabled={running !== null} onClick={props.review} data-testid="application-review">
            {t('seals:mine.application.review.page')}
          </Button>
          <p className="note">{t('seals:mine.application.review.pageNote')}</p>
        </div>
      )}
      <Acts props={props}>
        <Button
          kind="main"
          icon="renew"
          disabled={running !== null}
          onClick={props.look}
          data-testid="application-look"
        >
          {t(running === 'look' ? 'common:wait' : 'seals:mine.application.review.look')}
        </Button>
      </Acts>
    </>
  );
}

/** Made, and to be written to the key. */
export function ApprovedPage(props: PageProps) {
  const { t } = useTexts();
  const { snapshot } = useSnapshot();
  const { view, running } = props;
  const { token } = view;
  const label = token.label || t('keys:unnamed');
  const here = snapshot?.keys.some(
    ({ serial, module }) => serial === token.serial && module === token.module,
  );
  return (
    <>
      <Heading title={t('seals:mine.application.approved.title')}>
        {t('seals:mine.application.approved.text', { label })}
      </Heading>
      <ol className="seal-apply-how">
        {(['pin', 'write', 'check'] as const).map((what, index) => (
          <li key={what}>
            <b>{index + 1}</b>
            {t(`seals:mine.application.approved.how.${what}`)}
          </li>
        ))}
      </ol>
      <Keep />
      <Acts
        props={props}
        note={
          here
            ? t('seals:mine.application.approved.note')
            : t('seals:mine.application.approved.away', { label, last: token.serial.slice(-4) })
        }
      >
        <Button
          kind="main"
          icon="pin"
          disabled={!here || running !== null}
          onClick={props.bind}
          data-testid="application-bind"
        >
          {t(running === 'bind' ? 'common:wait' : 'seals:mine.application.approved.go')}
        </Button>
      </Acts>
    </>
  );
}
