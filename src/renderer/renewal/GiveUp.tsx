import { useState } from 'react';
import type { RenewalView } from '../../shared/domain/renewal.ts';
import { Button, Dialog, useTexts } from '../look/index.ts';
import type { RenewalActs } from './acts.ts';
import { isSealPending } from './page.ts';

/**
 * Ends a renewal for good: asks first, and says what becomes of the money and of the key. `main`: it is the only thing
 * left to do.
 */
export function GiveUp({ view, acts, main }: { view: RenewalView; acts: RenewalActs; main?: boolean }) {
  const { t } = useTexts();
  const [asking, setAsking] = useState(false);
  const sealOnly = isSealPending(view);
  if (!view.actions.includes('end')) return null;
  return (
    <>
      <Button
        kind={main ? 'main' : 'plain'}
        disabled={acts.act.running !== null}
        onClick={() => setAsking(true)}
        data-testid="renewal-end"
      >
        {t(sealOnly ? 'renewal:leaveSeal.do' : main ? 'renewal:giveUp.finish' : 'renewal:giveUp.do')}
      </Button>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={t(sealOnly ? 'renewal:leaveSeal.title' : 'renewal:giveUp.title')}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>
              {t(sealOnly ? 'renewal:leaveSeal.keep' : 'renewal:giveUp.keep')}
            </Button>
            <Button
              kind="main"
              onClick={() => {
                setAsking(false);
                acts.end();
              }}
              data-testid="renewal-end-yes"
            >
              {t(sealOnly ? 'renewal:leaveSeal.do' : 'renewal:giveUp.yes')}
            </Button>
          </>
        }
      >
        {sealOnly ? (
          <>
            <p>{t('renewal:leaveSeal.text', { name: view.seal.name })}</p>
            <p>{t('renewal:leaveSeal.next')}</p>
          </>
        ) : (
          <>
            <p>{t('renewal:giveUp.old')}</p>
            {view.order && <p>{t(view.order.paidAt ? 'renewal:giveUp.paid' : 'renewal:giveUp.unpaid')}</p>}
            <p>{t('renewal:giveUp.pair')}</p>
          </>
        )}
      </Dialog>
    </>
  );
}
