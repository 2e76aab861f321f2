import { Button, Dialog, Facts, inGroups, Note, Trouble, useTexts } from '../look/index.ts';
import type { Drivers } from './use-drivers.ts';

/** What agreeing to a driver means, before it is loaded for the first time. */
export function AgreeDialog({ drivers }: { drivers: Drivers }) {
  const { t } = useTexts();
  const { candidate } = drivers;
  return (
    <Dialog
      wide
      open={candidate !== null}
      onClose={drivers.close}
      title={t('keys:agree.title')}
      actions={
        <>
          <Button onClick={drivers.close}>{t('keys:agree.no')}</Button>
          <Button kind="main" disabled={drivers.busy} onClick={() => drivers.agree()}>
            {t('keys:agree.yes')}
          </Button>
        </>
      }
    >
      {candidate && (
        <>
          {candidate.standing !== 'known' && (
            <div className="told">
              <p>{t(`keys:agree.${candidate.standing}`)}</p>
            </div>
          )}
          <p>{t('keys:agree.means')}</p>
          <Facts
            rows={[
              [t('keys:agree.name'), candidate.name],
              ...(candidate.vendor ? [[t('keys:agree.vendor'), candidate.vendor] as const] : []),
              [t('keys:agree.path'), <code key="path">{candidate.path}</code>],
              [t('keys:agree.hash'), <code key="hash">{inGroups(candidate.sha256)}</code>],
            ]}
          />
          <Note icon="info">{t('keys:agree.pinned')}</Note>
          {drivers.error !== null && <Trouble error={drivers.error} />}
        </>
      )}
    </Dialog>
  );
}
