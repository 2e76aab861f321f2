import { useState } from 'react';
import { Button, Facts, formatDateLong, Icon, inGroups, TypedSerial, useTexts } from '../look/index.ts';
import { useRouter } from '../shell/index.ts';
import { Acts, type PageProps } from './parts.tsx';
import { renewedName } from './words.ts';

/** What became of the seal; nothing where there was none. */
function SealPart({ view }: Pick<PageProps, 'view'>) {
  const { t } = useTexts();
  const { state, name, oldId, newId, where } = view.seal;
  if (oldId === null || state === 'pending') return null;
  return (
    <section data-testid="renewal-seal">
      <h3>{t('renewal:seal.name')}</h3>
      <p className="with-icon">
        <Icon
          name={state === 'carried' ? 'check' : 'warn'}
          size="small"
          className={state === 'carried' ? 'ok' : 'warn'}
        />
        <span>{t(`renewal:seal.${state}`, { name, oldId, newId: newId ?? '' })}</span>
      </p>
      {where === 'store' && <p>{t('renewal:seal.carriedStore')}</p>}
    </section>
  );
}

/** The new certificate is on the key and was tried; what becomes of the old one. */
export function DonePage({ view, acts, error }: PageProps) {
  const { t, language } = useTexts();
  const router = useRouter();
  const [removing, setRemoving] = useState(false);
  const running = acts.act.running !== null;
  const end = formatDateLong(view.fresh?.notAfter ?? view.order?.notAfter ?? null, language);
  const removed = view.history.some(({ what }) => what === 'removed-old');
  return (
    <>
      <div className="done-head">
        <Icon name="check-c" className="ok" />
        <h2 id="renewal-heading" tabIndex={-1}>
          {t('renewal:done.title')}
        </h2>
      </div>
      <p className="renew-lead">{t('renewal:done.text', { date: end })}</p>
      <div className="confirm-parts">
        <section>
          <h3>{t('renewal:done.fresh')}</h3>
          <Facts
            rows={[
              [t('renewal:done.until'), end],
              [t('keys:fact.serial'), inGroups(view.fresh?.serialNumber ?? '') || t('common:unknown')],
              ...(view.order ? [[t('renewal:ends.order'), view.order.number] as const] : []),
            ]}
          />
        </section>
        <SealPart view={view} />
        <section>
          <h3>{t('renewal:done.old')}</h3>
          <p>
            {removed
              ? t('renewal:done.oldRemoved')
              : t('renewal:done.oldKept', { date: formatDateLong(view.old.notAfter, language) })}
          </p>
          {view.actions.includes('remove-old') && !removed && (
            <Button small disabled={running} onClick={() => setRemoving(true)} data-testid="remove-old">
              {t('renewal:done.removeOld')}
            </Button>
          )}
        </section>
      </div>
      <Acts error={error} said={acts.act.said}>
        <Button kind="main" onClick={() => router.go('documents', { type: 'choose' })}>
          {t('keys:next.stamp')}
        </Button>
        {view.actions.includes('receipt') && (
          <Button disabled={running} onClick={acts.receipt} data-testid="renewal-receipt">
            {t('renewal:done.receipt')}
          </Button>
        )}
      </Acts>
      <TypedSerial
        open={removing}
        title={t('renewal:done.removeTitle', { name: renewedName(view) })}
        text={[t('renewal:done.removeText'), t('renewal:done.removeStays')]}
        serialNumber={view.old.serialNumber}
        action={t('renewal:done.removeOld')}
        onClose={() => setRemoving(false)}
        onConfirm={(typed) => {
          setRemoving(false);
          acts.removeOld(typed);
        }}
      />
    </>
  );
}
