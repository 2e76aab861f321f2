import { Fragment, type ReactNode } from 'react';
import { Icon, type IconName } from './Icon.tsx';

/** 'ink': no more weight than the words around it. */
export type Tone = 'ok' | 'warn' | 'bad' | 'grey' | 'ink';

/** A state: icon and word together, never colour alone. */
export function StateWord({
  tone,
  icon,
  small,
  children,
}: {
  tone: Tone;
  icon: IconName;
  small?: boolean;
  children: ReactNode;
}) {
  return (
    <span className={`state ${tone}`}>
      <Icon name={icon} size={small ? 'small' : 'normal'} />
      {children}
    </span>
  );
}

/**
 * Days left of a certificate as a bar over its last 360 days; the notch is day 90, when renewal opens. The bar is
 * decoration: the number of days always stands beside it in words.
 */
export function DaysBar({ daysLeft }: { daysLeft: number }) {
  if (daysLeft < 0) return <span className="days is-over" aria-hidden="true" />;
  const share = Math.min(1, daysLeft / 360);
  return (
    <span className={daysLeft <= 90 ? 'days is-soon' : 'days'} aria-hidden="true">
      <b style={{ width: `${(share * 100).toFixed(1)}%` }} />
    </span>
  );
}

/** A list of facts: name, value. An absent value is left out by the caller, an unknown one is said. */
export function Facts({
  rows,
  small,
}: {
  rows: readonly (readonly [name: string, value: ReactNode])[];
  small?: boolean;
}) {
  return (
    <dl className={small ? 'facts note' : 'facts'}>
      {rows.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

export function Note({ children, icon }: { children: ReactNode; icon?: IconName }) {
  if (!icon) return <p className="note">{children}</p>;
  return (
    <p className="note with-icon">
      <Icon name={icon} size="small" />
      <span>{children}</span>
    </p>
  );
}

/** One band for a verdict: icon, word, one sentence with the next step, buttons. */
export function Band({
  tone,
  icon,
  word,
  children,
  actions,
}: {
  tone: 'ok' | 'warn' | 'bad';
  icon: IconName;
  word: string;
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <section className={`band is-${tone}`} role="status">
      <Icon name={icon} />
      <h2>{word}</h2>
      <p>{children}</p>
      {actions}
    </section>
  );
}

/** A seal on its own piece of paper, in dark too. `mm` is the size of the tile's picture in CSS pixels. */
export function SealTile({ src, size, over }: { src: string; size: number; over?: boolean }) {
  return (
    <span className={over ? 'seal-tile is-over' : 'seal-tile'}>
      <img src={src} width={size} height={size} alt="" draggable={false} />
    </span>
  );
}

/** A place with nothing in it yet: what it is for, and the first step. */
export function Empty({
  title,
  icon,
  children,
  actions,
}: {
  title: string;
  icon?: IconName;
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <section className="empty">
      {icon && <Icon name={icon} className="empty-sign" />}
      <div>
        <h2>{title}</h2>
        <div className="empty-text">{children}</div>
        {actions && <div className="empty-actions">{actions}</div>}
      </div>
    </section>
  );
}
