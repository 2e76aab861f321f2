import { type KeyboardEvent, memo, useRef } from 'react';
import type { CertificateCard } from '../../shared/domain/certificates.ts';
import type { RenewalView } from '../../shared/domain/renewal.ts';
import { DaysBar, daysWords, formatDate, Icon, StateWord, useTexts } from '../look/index.ts';
import { arrowTo, cardId, cardName, cardSign, isRevoked } from './list.ts';

/** The certificates as cards, the first to expire on top; what was superseded quietly below; the authorities last. */
export function CardList({
  current,
  superseded,
  views,
  chosen,
  authority,
  onChoose,
  onAuthority,
}: {
  current: readonly CertificateCard[];
  superseded: readonly CertificateCard[];
  views: readonly RenewalView[];
  chosen: string | null;
  authority: boolean;
  onChoose: (card: CertificateCard) => void;
  onAuthority: () => void;
}) {
  const { t } = useTexts();
  const pane = useRef<HTMLElement>(null);
  // The cards get the same function every time: fifty of them must not be drawn anew for one that changes.
  const choose = useRef(onChoose);
  choose.current = onChoose;
  const onCard = useRef((card: CertificateCard) => choose.current(card)).current;

  const move = (event: KeyboardEvent) => {
    const cards = [...(pane.current?.querySelectorAll<HTMLElement>('button') ?? [])];
    const at = cards.indexOf(document.activeElement as HTMLElement);
    const to = at === -1 ? null : arrowTo(event.key, at, cards.length);
    if (to === null) return;
    event.preventDefault();
    cards[to]?.focus();
    cards[to]?.click();
  };
  const renewalOf = (card: CertificateCard) => views.find(({ id }) => id === card.renewal) ?? null;
  const row = (card: CertificateCard) => {
    const id = cardId(card);
    return <Card key={id} card={card} view={renewalOf(card)} here={id === chosen} onChoose={onCard} />;
  };
  return (
    <nav className="certs" aria-label={t('certificates:list')} data-pane="list" ref={pane} onKeyDown={move}>
      <ul aria-label={t('certificates:list')}>{current.map(row)}</ul>
      {superseded.length > 0 && (
        <section>
          <h2 className="note">{t('certificates:superseded')}</h2>
          <ul aria-label={t('certificates:superseded')}>{superseded.map(row)}</ul>
        </section>
      )}
      <button
        type="button"
        className="certs-foot"
        aria-current={authority}
        onClick={onAuthority}
        data-testid="authorities"
      >
        <Icon name="list" size="small" />
        {t('certificates:authority.title')}
      </button>
    </nav>
  );
}

/** A certificate as the list shows it. */
const Card = memo(function Card({
  card,
  view,
  here,
  onChoose,
}: {
  card: CertificateCard;
  view: RenewalView | null;
  here: boolean;
  onChoose: (card: CertificateCard) => void;
}) {
  const { t, language } = useTexts();
  const { certificate, token } = card;
  const days = daysWords(t, language, certificate);
  const revoked = isRevoked(card);
  const dead = days.over || revoked;
  const sign = cardSign(t, language, card, view);
  const name = cardName(card);
  const date = formatDate(
    certificate.validity === 'not-yet-valid' ? certificate.notBefore : certificate.notAfter,
  );
  // What stands at the right of the date is not said twice: below 30 days the number is in the state already.
  const left = sign?.word === days.left && days.urgent ? t('certificates:renewSoon') : days.left;
  return (
    <li>
      <button
        type="button"
        className={card.superseded ? 'cert is-past' : 'cert'}
        aria-current={here}
        tabIndex={here ? 0 : -1}
        onClick={() => onChoose(card)}
        data-testid="certificate-card"
        data-sha256={certificate.sha256}
      >
        <span className="row">
          <b className={dead || card.superseded ? 'name grey' : 'name'} title={name}>
            {name}
          </b>
          {sign && !(days.over && sign.tone === 'grey') && (
            <StateWord tone={sign.tone} icon={sign.icon} small>
              {sign.word}
            </StateWord>
          )}
        </span>
        {!card.superseded && (
          <DaysBar
            daysLeft={dead ? -1 : certificate.validity === 'not-yet-valid' ? 0 : certificate.daysLeft}
          />
        )}
        <span className="row note">
          <span>{dead ? <s>{date}</s> : date}</span>
          {!revoked && <span className={days.urgent && !card.superseded ? 'warn' : undefined}>{left}</span>}
        </span>
        <span className="note of-key">
          <span>{token.label || t('keys:unnamed')}</span>
          <span>
            {!card.plugged
              ? t('certificates:notPlugged')
              : card.pinState === 'locked'
                ? t('keys:pin.locked.word')
                : token.serial.slice(-4)}
          </span>
        </span>
      </button>
    </li>
  );
});
