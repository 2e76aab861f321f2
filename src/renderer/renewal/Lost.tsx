import { useState } from 'react';
import type { RenewalView } from '../../shared/domain/renewal.ts';
import { Button, Dialog, useTexts } from '../look/index.ts';
import type { RenewalActs } from './acts.ts';

/** The way out of a renewal whose key will not come back: ends it here, and says who settles the order. */
export function Lost({ view, acts }: { view: RenewalView; acts: RenewalActs }) {
  const { t } = useTexts();
  const [asking, setAsking] = useState(false);
  if (!view.actions.includes('abandon')) return null;
  return (
    <>
      <Button disabled={acts.act.running !== null} onClick={() => setAsking(true)} data-testid="renewal-lost">
        {t('renewal:lost.do')}
      </Button>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={t('renewal:lost.title')}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>{t('renewal:lost.keep')}</Button>
            <Button
              kind="main"
              onClick={() => {
                setAsking(false);
                acts.abandon();
              }}
              data-testid="renewal-lost-yes"
            >
              {t('renewal:lost.yes')}
            </Button>
          </>
        }
      >
        <p>{t('renewal:lost.only')}</p>
        {view.order && <p>{t('renewal:lost.order', { number: view.order.number })}</p>}
        <p>{t('renewal:lost.report')}</p>
      </Dialog>
    </>
  );
}
