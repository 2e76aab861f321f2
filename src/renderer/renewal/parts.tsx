import type { ReactNode } from 'react';
import type { RenewalView } from '../../shared/domain/renewal.ts';
import { Icon, type IconName, Trouble, useTexts } from '../look/index.ts';
import type { RenewalActs } from './acts.ts';

/** What every page of the journey is given. */
export interface PageProps {
  view: RenewalView;
  acts: RenewalActs;
  /** Why the last act of the user failed. */
  error: unknown;
  /** The work was asked to stop, and comes to it. */
  stopping: boolean;
}

export function Heading({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <>
      <h2 id="renewal-heading" tabIndex={-1}>
        {title}
      </h2>
      {children && <p className="renew-lead">{children}</p>}
    </>
  );
}

/** Something to be known while one waits. `calm`: no warning. */
export function Keep({
  icon,
  title,
  children,
  calm,
}: {
  icon: IconName;
  title: string;
  children: ReactNode;
  calm?: boolean;
}) {
  return (
    <div className={calm ? 'keep is-calm' : 'keep'} role="note">
      <Icon name={icon} size="large" />
      <div>
        <h3>{title}</h3>
        <p>{children}</p>
      </div>
    </div>
  );
}

/** Buttons at the foot of the page in the order of doing, and what they mean; above them why the last one failed. */
export function Acts({
  error,
  said,
  note,
  children,
}: {
  error: unknown;
  said?: string | null;
  note?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="renew-foot">
      {error !== null && <Trouble error={error} />}
      {said && (
        <p className="with-icon" role="status">
          <Icon name="check" size="small" className="ok" />
          <span>{said}</span>
        </p>
      )}
      <div className="renew-acts">
        {children}
        {note && <span className="note">{note}</span>}
      </div>
    </div>
  );
}

/** The key itself, plugged into the edge of the page; `out`: beside its place, because it is not plugged in. */
export function KeyDrawing({ view, out, busy }: { view: RenewalView; out?: boolean; busy?: boolean }) {
  const { t } = useTexts();
  return (
    <div className={out ? 'thing is-out' : 'thing'} aria-hidden="true">
      <span className="port" />
      <span className="metal" />
      <span className="shell">
        <b>{view.token.label || t('keys:unnamed')}</b>
        <span className="note">{view.token.serial.slice(-4)}</span>
        {busy && <i className="led" />}
      </span>
    </div>
  );
}
