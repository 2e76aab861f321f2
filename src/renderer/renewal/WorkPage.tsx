import type { RenewalView } from '../../shared/domain/renewal.ts';
import { Button, Icon, useTexts } from '../look/index.ts';
import { Elapsed } from './Elapsed.tsx';
import { GiveUp } from './GiveUp.tsx';
import { canStop, isSealPending, pageOf } from './page.ts';
import { Acts, Heading, Keep, KeyDrawing, type PageProps } from './parts.tsx';
import { money } from './words.ts';

/** Before the PIN: what will happen, so that nobody is surprised by the window. */
export function ReadyPage({ view, acts, error }: PageProps) {
  const { t, language } = useTexts();
  const running = acts.act.running !== null;
  const { order } = view;
  const begun = view.step !== 'check' && view.step !== 'confirm' && view.step !== 'generate';
  return (
    <>
      <Heading title={t(begun ? 'renewal:ready.goOn' : 'renewal:ready.title')}>
        {order?.paidAt
          ? t('renewal:ready.paid', { amount: money(t, language, order.fees.total) })
          : t('renewal:ready.text')}
      </Heading>
      <ol className="renew-how">
        {stillToDo(view).map((what, index) => (
          <li key={what}>
            <b>{index + 1}</b>
            {t(`renewal:ready.${what}`, { name: view.seal.name })}
          </li>
        ))}
      </ol>
      <Keep icon="unplug" title={t('renewal:keep.title')}>
        {t('renewal:keep.text')}
      </Keep>
      <Acts error={error} note={t('renewal:ready.note')}>
        <Button kind="main" icon="pin" disabled={running} onClick={acts.go} data-testid="renewal-go">
          {t(running ? 'common:wait' : begun ? 'renewal:stopped.go' : 'renewal:ready.go')}
        </Button>
        <GiveUp view={view} acts={acts} />
      </Acts>
    </>
  );
}

/** What is left of the way, with the PIN first. */
function stillToDo(view: RenewalView): ('pin' | 'generate' | 'issue' | 'write' | 'seal')[] {
  if (isSealPending(view)) return ['pin', 'seal'];
  const { step } = view;
  const seal = view.seal.state === 'pending' ? (['seal'] as const) : [];
  if (step === 'write' || step === 'done') return ['pin', 'write', ...seal];
  const issue = ['issue', 'write', ...seal] as const;
  return step === 'issue' ? ['pin', ...issue] : ['pin', 'generate', ...issue];
}

/** Client, key or authority are at work. */
export function WorkPage({ view, acts, error, stopping }: PageProps) {
  const { t } = useTexts();
  const { progress } = view;
  const page = pageOf(view);
  const what = progress?.what ?? 'requesting';
  const atPin = page === 'pin';
  const stops = canStop(view);
  return (
    <>
      <Heading title={t(`renewal:work.${what}.title`)}>{t(`renewal:work.${what}.text`)}</Heading>
      {atPin ? (
        <div className="wait-line">
          <Icon name="pin" size="large" />
          <p>{t('renewal:pinWhere')}</p>
        </div>
      ) : (
        <KeyDrawing view={view} busy={progress?.holdKey === true} />
      )}
      {progress && !atPin && <Elapsed startedAt={progress.startedAt} usual={progress.usualSeconds} />}
      {progress?.holdKey && (
        <Keep icon="unplug" title={t('renewal:keep.title')}>
          {t('renewal:keep.text')}
        </Keep>
      )}
      <Acts error={error} note={stops && t(stopping ? 'renewal:stop.stopping' : 'renewal:stop.note')}>
        {stops && (
          <Button disabled={stopping} onClick={acts.stop} data-testid="renewal-stop">
            {t(stopping ? 'common:wait' : 'renewal:stop.do')}
          </Button>
        )}
      </Acts>
    </>
  );
}
