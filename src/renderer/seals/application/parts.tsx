import { type ReactNode, useState } from 'react';
import type { SealApplicationView } from '../../../shared/domain/index.ts';
import { Button, Dialog, Icon, Trouble, useTexts } from '../../look/index.ts';
import { canWithdraw } from './page.ts';

/** What every page of an application is given. */
export interface PageProps {
  view: SealApplicationView;
  /** Which act of the user is under way; null: none. */
  running: string | null;
  /** Why the last act failed. */
  error: unknown;
  send(): void;
  look(): void;
  bind(): void;
  withdraw(): void;
  /** Opens the staff's page in the browser. */
  review(): void;
  onSeal(id: string): void;
  onAgain(): void;
}

export function Heading({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <>
      <h2 id="application-heading" tabIndex={-1}>
        {title}
      </h2>
      {children && <p className="seal-apply-lead">{children}</p>}
    </>
  );
}

/** Buttons at the foot of the page in the order of doing; above them why the last one failed. */
export function Acts({ props, note, children }: { props: PageProps; note?: string; children?: ReactNode }) {
  return (
    <>
      {props.error !== null && <Trouble error={props.error} />}
      <div className="seal-apply-foot seal-apply-acts">
        {children}
        {canWithdraw(props.view) && <Withdraw props={props} />}
        {note && <span className="note">{note}</span>}
      </div>
    </>
  );
}

/** Do not pull the key out while it is at work. */
export function Keep() {
  const { t } = useTexts();
  return (
    <div className="seal-keep" role="note">
      <Icon name="unplug" size="large" />
      <div>
        <h3>{t('seals:mine.application.keep.title')}</h3>
        <p>{t('seals:mine.application.keep.text')}</p>
      </div>
    </div>
  );
}

function Withdraw({ props }: { props: PageProps }) {
  const { t } = useTexts();
  const [asking, setAsking] = useState(false);
  const draft = props.view.phase === 'draft';
  return (
    <>
      <Button
        disabled={props.running !== null}
        onClick={() => setAsking(true)}
        data-testid="application-withdraw"
      >
        {t(draft ? 'seals:mine.application.draft.discard' : 'seals:mine.application.withdraw')}
      </Button>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={t(
          draft ? 'seals:mine.application.draft.discardTitle' : 'seals:mine.application.withdrawTitle',
        )}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>{t('common:cancel')}</Button>
            <Button
              kind="main"
              onClick={() => {
                setAsking(false);
                props.withdraw();
              }}
              data-testid="application-withdraw-yes"
            >
              {t(draft ? 'seals:mine.application.draft.discard' : 'seals:mine.application.withdrawYes')}
            </Button>
          </>
        }
      >
        <p>{t(draft ? 'seals:mine.application.draft.discardText' : 'seals:mine.application.withdrawText')}</p>
      </Dialog>
    </>
  );
}
