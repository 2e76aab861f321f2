import type { SealCard } from '../../../shared/domain/index.ts';
import { refreshSeals, useAct } from '../../api/index.ts';
import {
  Button,
  describeError,
  formatDateLong,
  formatDateTime,
  Icon,
  type IconName,
  type Tone,
  Trouble,
  useTexts,
} from '../../look/index.ts';

const signs: Record<SealCard['status']['state'] | 'stale', { tone: Tone; icon: IconName }> = {
  normal: { tone: 'ok', icon: 'check-c' },
  stale: { tone: 'grey', icon: 'wait' },
  unknown: { tone: 'grey', icon: 'info' },
  suspended: { tone: 'warn', icon: 'warn' },
  cancelled: { tone: 'bad', icon: 'cross-c' },
  'not-issued': { tone: 'bad', icon: 'cross-c' },
};
/** The maker's own word says why: the same is not told twice. */
const toldByStatus = new Set(['seal.suspended', 'seal.cancelled', 'seal.not-issued', 'seal.status-unproven']);

/** What the maker says of a seal, how old that is, and what else keeps it from stamping. */
export function SealStatusPart({ card }: { card: SealCard }) {
  const { t, language } = useTexts();
  const act = useAct();
  const { status, code } = card;
  const word = status.state === 'normal' && status.stale ? 'stale' : status.state;
  const { tone, icon } = signs[word];
  const values = {
    asOf: formatDateTime(status.asOf),
    since: formatDateLong(status.since, language) || t('seals:mine.status.sinceUnknown'),
  };
  const next = t(`seals:mine.status.${word}Next`, { defaultValue: '' });
  const why =
    code === null || toldByStatus.has(code) ? null : describeError(t, { code, details: detailsOf(card) });
  return (
    <section className="card seal-status" aria-label={t('seals:mine.status.label')} data-testid="seal-status">
      {why && (
        <div className="seal-status-line" data-testid="seal-why">
          <Icon name="warn" className="warn" />
          <div>
            <h3>{why.heading}</h3>
            <p>{why.next}</p>
          </div>
        </div>
      )}
      <div className="seal-status-line">
        <Icon name={icon} className={tone} />
        <div>
          <h3 className={tone === 'grey' ? undefined : tone}>{t(`seals:mine.status.${word}`)}</h3>
          <p>{t(`seals:mine.status.${word}Text`, values)}</p>
          {next && <p>{next}</p>}
        </div>
        <div className="seal-status-side">
          <Button
            small
            icon="renew"
            disabled={act.running !== null}
            onClick={() =>
              void act.run('verify', async () => {
                await refreshSeals();
                return t('seals:mine.status.verified');
              })
            }
            data-testid="seal-verify"
          >
            {t(act.running === null ? 'seals:mine.status.verify' : 'common:wait')}
          </Button>
          {act.said && (
            <p className="note" role="status">
              {act.said}
            </p>
          )}
        </div>
      </div>
      {act.error !== null && <Trouble error={act.error} />}
    </section>
  );
}

/** What the step that failed found: the words of the failure name it. */
function detailsOf({ steps, name, id }: SealCard) {
  return { name, id, ...steps.find(({ state }) => state !== 'ok')?.details };
}
