import './reminders.css';
import { useState } from 'react';
import { useCertificates } from '../api/index.ts';
import { Button, formatDate, formatDateLong, formatNumber, Icon, useTexts } from '../look/index.ts';
import { useRouter } from '../shell/index.ts';
import { cardName } from './list.ts';
import { type Dismissed, readDismissed, reminderOf } from './reminders.ts';

const STORED = 'reminders.dismissed';

/** A line at the top of a screen: what expires, and the way to renew it. Put off, it is quiet for the day. */
export function Reminders({ except }: { except?: string }) {
  const { t, language } = useTexts();
  const { cards } = useCertificates();
  const router = useRouter();
  const now = new Date();
  const day = formatDate(now.toISOString());
  const [kept, setKept] = useState<Dismissed>(() => readDismissed(localStorage.getItem(STORED), day));
  const dismissed = kept.day === day ? kept.marks : [];
  const reminder = reminderOf(
    (cards ?? []).filter(({ certificate }) => certificate.sha256 !== except),
    dismissed,
    now,
  );
  if (!reminder) return null;
  const { card, level, others, marks } = reminder;
  const { certificate } = card;
  const later = () => {
    const next = { day, marks: [...dismissed, ...marks] };
    localStorage.setItem(STORED, JSON.stringify(next));
    setKept(next);
  };
  return (
    <section className={`reminder is-${level}`} role="status" data-testid="reminder" data-level={level}>
      <Icon name={level === 'open' ? 'info' : 'warn'} />
      <p>
        <b>
          {t(`certificates:reminder.${level}`, {
            name: cardName(card),
            days: formatNumber(Math.max(1, Math.abs(certificate.daysLeft)), language),
            count: Math.max(1, Math.abs(certificate.daysLeft)),
            date: formatDateLong(certificate.notAfter, language),
          })}
        </b>
        {t('pin:gap')}
        {t(`certificates:reminder.${level}Next`)}
        {others > 0 && t('pin:gap') + t('certificates:reminder.others', { count: others })}
      </p>
      <div className="reminder-acts">
        <Button
          small
          kind={level === 'open' ? 'plain' : 'main'}
          onClick={() =>
            router.go('certificates', {
              type: 'one',
              sha256: certificate.sha256,
              renew: level !== 'over' && card.plugged,
            })
          }
          data-testid="reminder-go"
        >
          {t(level === 'over' ? 'certificates:reminder.look' : 'certificates:reminder.renew')}
        </Button>
        <Button small onClick={later} data-testid="reminder-later">
          {t('certificates:reminder.later')}
        </Button>
      </div>
    </section>
  );
}
