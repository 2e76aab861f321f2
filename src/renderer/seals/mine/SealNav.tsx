import { type KeyboardEvent, useRef } from 'react';
import type { SealApplicationView, SealCard } from '../../../shared/domain/index.ts';
import { useApplicationUrl, useSealUrl } from '../../api/index.ts';
import { Button, Icon, type IconName, SealTile, StateWord, type Tone, useTexts } from '../../look/index.ts';
import { isUsable, sealKey, sealSigns, standingOfSeal } from './standing.ts';

/** The seals as a list, what is being made above them; signature pictures apart, at the foot. */
export function SealNav({
  seals,
  applications,
  pictures,
  chosen,
  onSeal,
  onApplication,
  onPictures,
  onCollect,
}: {
  seals: readonly SealCard[];
  applications: readonly SealApplicationView[];
  pictures: number;
  /** `seal KEY`, `application ID` or 'pictures'. */
  chosen: string | null;
  onSeal: (card: SealCard) => void;
  onApplication: (view: SealApplicationView) => void;
  onPictures: () => void;
  onCollect: () => void;
}) {
  const { t } = useTexts();
  const pane = useRef<HTMLElement>(null);
  const move = (event: KeyboardEvent) => {
    const rows = [...(pane.current?.querySelectorAll<HTMLElement>('button[data-row]') ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    if (at === -1) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    const row = to === undefined ? undefined : rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (!row) return;
    event.preventDefault();
    row.focus();
    row.click();
  };
  return (
    <nav className="seal-nav" aria-label={t('seals:mine.list')} data-pane="list" ref={pane} onKeyDown={move}>
      {applications.length > 0 && (
        <section>
          <h2 className="note">{t('seals:mine.making')}</h2>
          <ul aria-label={t('seals:mine.making')}>
            {applications.map((view) => (
              <ApplicationRow
                key={view.id}
                view={view}
                here={chosen === `application ${view.id}`}
                onChoose={() => onApplication(view)}
              />
            ))}
          </ul>
        </section>
      )}
      <section>
        {applications.length > 0 && <h2 className="note">{t('seals:mine.list')}</h2>}
        {seals.length === 0 ? (
          <p className="note seal-nav-none">{t('seals:mine.none')}</p>
        ) : (
          <ul aria-label={t('seals:mine.list')} data-testid="seals">
            {seals.map((card) => (
              <SealRow
                key={sealKey(card)}
                card={card}
                here={chosen === `seal ${sealKey(card)}`}
                onChoose={() => onSeal(card)}
              />
            ))}
          </ul>
        )}
      </section>
      <div className="seal-nav-foot">
        <Button icon="plus" wide onClick={onCollect} data-testid="collect">
          {t('seals:mine.collect')}
        </Button>
        <button
          type="button"
          className="seal-row is-line"
          aria-current={chosen === 'pictures'}
          onClick={onPictures}
          data-row
          data-testid="pictures"
        >
          <Icon name="doc" size="small" />
          <span>{t('seals:mine.pictures')}</span>
          <span className="note">{pictures}</span>
        </button>
      </div>
    </nav>
  );
}

function SealRow({ card, here, onChoose }: { card: SealCard; here: boolean; onChoose: () => void }) {
  const { t } = useTexts();
  const standing = standingOfSeal(card);
  const { tone, icon } = sealSigns[standing];
  const url = useSealUrl(card);
  return (
    <li>
      <button
        type="button"
        className="seal-row"
        aria-current={here}
        tabIndex={here ? 0 : -1}
        onClick={onChoose}
        data-row
        data-testid="seal-card"
        data-standing={standing}
        data-id={card.id}
      >
        <SealTile src={url} size={40} over={!isUsable(card)} />
        <span className="seal-row-what">
          <b title={card.name}>{card.name}</b>
          <StateWord tone={tone} icon={icon} small>
            {t(`seals:mine.sign.${standing}`)}
          </StateWord>
          <span className="note seal-row-key">
            <span>{card.token.label || t('keys:unnamed')}</span>
            <span>{card.present ? card.token.serial.slice(-4) : t('seals:mine.notPlugged')}</span>
          </span>
        </span>
      </button>
    </li>
  );
}

const phaseSigns: Record<SealApplicationView['phase'], { tone: Tone; icon: IconName }> = {
  draft: { tone: 'grey', icon: 'doc' },
  sending: { tone: 'ink', icon: 'renew' },
  review: { tone: 'ink', icon: 'wait' },
  approved: { tone: 'warn', icon: 'usb' },
  binding: { tone: 'ink', icon: 'renew' },
  bound: { tone: 'ok', icon: 'check-c' },
  refused: { tone: 'warn', icon: 'warn' },
  withdrawn: { tone: 'grey', icon: 'cross-c' },
};

function ApplicationRow({
  view,
  here,
  onChoose,
}: {
  view: SealApplicationView;
  here: boolean;
  onChoose: () => void;
}) {
  const { t } = useTexts();
  const { tone, icon } = phaseSigns[view.phase];
  const url = useApplicationUrl(view);
  return (
    <li>
      <button
        type="button"
        className="seal-row"
        aria-current={here}
        tabIndex={here ? 0 : -1}
        onClick={onChoose}
        data-row
        data-testid="application-card"
        data-phase={view.phase}
      >
        <SealTile src={url} size={40} over={view.phase !== 'bound'} />
        <span className="seal-row-what">
          <b title={view.name}>{view.name}</b>
          <StateWord tone={tone} icon={icon} small>
            {t(`seals:mine.application.sign.${view.phase}`)}
          </StateWord>
          <span className="note seal-row-key">
            <span>{view.number || view.token.label || t('keys:unnamed')}</span>
          </span>
        </span>
      </button>
    </li>
  );
}
