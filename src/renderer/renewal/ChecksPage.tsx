import type { RenewalCheck } from '../../shared/domain/renewal.ts';
import { Button, describeError, Icon, useTexts } from '../look/index.ts';
import { useRouter } from '../shell/index.ts';
import { Acts, Heading, type PageProps } from './parts.tsx';

/** Everything that would stand in the way later is looked at before anybody pays. */
export function ChecksPage({ view, acts, error }: PageProps) {
  const { t } = useTexts();
  const router = useRouter();
  const checking = view.state === 'working';
  const stops = view.checks.filter(({ state }) => state === 'stop');
  const running = acts.act.running !== null;
  return (
    <>
      <Heading
        title={
          checking
            ? t('renewal:checks.checking')
            : stops.length > 0
              ? t('renewal:checks.stopped', { count: stops.length })
              : t('renewal:checks.title')
        }
      >
        {t(checking ? 'renewal:checks.checkingText' : 'renewal:checks.text')}
      </Heading>
      <ul className="check-lines" aria-label={t('renewal:checks.label')} aria-busy={checking}>
        {view.checks.map((check) => (
          <CheckLine key={check.name} check={check} />
        ))}
      </ul>
      <Acts error={error} note={!checking && t('renewal:checks.nothingYet')}>
        {view.actions.includes('check') && (
          <Button kind="main" disabled={running} onClick={acts.check} data-testid="renewal-check">
            {t(running ? 'common:wait' : 'renewal:checks.again')}
          </Button>
        )}
        {stops.some(({ name }) => name === 'authority') && (
          <Button onClick={() => router.go('certificates', { type: 'authority' })}>
            {t('renewal:checks.address')}
          </Button>
        )}
        {view.actions.includes('end') && (
          <Button disabled={running} onClick={acts.end}>
            {t('renewal:giveUp.do')}
          </Button>
        )}
      </Acts>
    </>
  );
}

const signs = {
  ok: { icon: 'check-c', tone: 'ok' },
  stop: { icon: 'cross-c', tone: 'bad' },
  unknown: { icon: 'info', tone: 'grey' },
} as const;

function CheckLine({ check }: { check: RenewalCheck }) {
  const { t } = useTexts();
  const { icon, tone } = signs[check.state];
  const words = check.code === null ? null : describeError(t, { code: check.code, details: check.details });
  return (
    <li data-testid="renewal-check-line" data-state={check.state}>
      <Icon name={icon} className={tone} />
      <div>
        <h3>
          <span className="check-name">{t(`renewal:check.${check.name}`)}</span>
          <span className={`check-word ${tone}`}>
            {words && check.state !== 'ok' ? words.heading : t(`renewal:checkState.${check.state}`)}
          </span>
        </h3>
        {words && check.state !== 'ok' && (
          <>
            <p>
              {words.meaning}
              {t('pin:gap')}
              {words.next}
            </p>
            <p className="note">{words.technical}</p>
          </>
        )}
      </div>
    </li>
  );
}
