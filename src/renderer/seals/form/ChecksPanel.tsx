import type { SealApplicationView } from '../../../shared/domain/index.ts';
import { Button, describeError, Icon, Trouble, useTexts } from '../../look/index.ts';
import type { useDraft } from './use-draft.ts';

type Check = SealApplicationView['checks'][number];

const signs = {
  ok: { icon: 'check', tone: 'ok' },
  note: { icon: 'info', tone: 'grey' },
  stop: { icon: 'cross', tone: 'bad' },
  unknown: { icon: 'info', tone: 'grey' },
} as const;

/** What stands in the way of the application, and the button that sends it. */
export function ChecksPanel({
  draft,
  whole,
  sending,
  onSend,
  onBack,
}: {
  draft: ReturnType<typeof useDraft>;
  /** Everything that is needed was filled in. */
  whole: boolean;
  sending: boolean;
  onSend: () => void;
  onBack: () => void;
}) {
  const { t } = useTexts();
  const { view, checking, error } = draft;
  const stops = view?.checks.filter(({ state }) => state === 'stop').length ?? 0;
  const head = !whole
    ? 'fill'
    : checking
      ? 'checking'
      : error !== null
        ? 'failed'
        : stops > 0
          ? 'stop'
          : 'ready';
  return (
    <aside
      className="panel cap-panel"
      aria-label={t('seals:capture.form.panel')}
      data-pane="panel"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what may scroll must be within reach of the keyboard
      tabIndex={0}
    >
      <section className="cap-judge" role="status" data-testid="form-state" data-state={head}>
        <h2>
          {head === 'ready' && <Icon name="check-c" size="large" className="ok" />}
          {(head === 'stop' || head === 'failed') && <Icon name="warn" size="large" className="warn" />}
          {t(`seals:capture.form.head.${head}`, { count: stops })}
        </h2>
        <p>{t(`seals:capture.form.headText.${head}`)}</p>
      </section>
      {error !== null && (
        <Trouble
          error={error}
          actions={
            <Button small onClick={draft.again}>
              {t('common:again')}
            </Button>
          }
        />
      )}
      {view && (
        <ul className="seal-form-checks" aria-label={t('seals:capture.form.panel')}>
          {view.checks.map((check) => (
            <Line key={check.name} check={check} />
          ))}
        </ul>
      )}
      <div className="cap-acts">
        <Button
          kind="main"
          wide
          disabled={head !== 'ready' || sending}
          onClick={onSend}
          data-testid="form-send"
        >
          {t(sending ? 'common:wait' : 'seals:capture.form.send')}
        </Button>
        <Button wide disabled={sending} onClick={onBack} data-testid="form-back">
          {t('seals:capture.form.back')}
        </Button>
        <p className="note">{t('seals:capture.form.sendNote')}</p>
      </div>
    </aside>
  );
}

function Line({ check }: { check: Check }) {
  const { t } = useTexts();
  const { name, state, code, details } = check;
  const { icon, tone } = signs[state];
  // A note stops nobody: it says what will come of it, not what has failed.
  const words =
    state !== 'ok' && state !== 'note' && code !== null ? describeError(t, { code, details }) : null;
  return (
    <li data-testid={`form-check-${name}`} data-state={state}>
      <Icon name={icon} size="small" className={tone} />
      <div>
        <h3>
          {t(`seals:mine.application.check.${name}`)}
          <span className="out-of-sight">{t(`seals:capture.form.state.${state}`)}</span>
        </h3>
        {words && (
          <p className="note">
            {words.heading}
            {t('seals:capture.form.stop')}
            {words.next}
          </p>
        )}
        {state === 'note' && <p className="note">{t(`seals:capture.form.note.${name}`, details)}</p>}
        {!words && state === 'unknown' && <p className="note">{t('seals:capture.form.unknown')}</p>}
      </div>
    </li>
  );
}
