import { type ReactNode, useState } from 'react';
import type { ModuleInfo } from '../../shared/domain/keys.ts';
import { refreshKeys } from '../api/index.ts';
import { DriverList, type Drivers } from '../drivers/index.ts';
import { Button, Trouble, useTexts } from '../look/index.ts';
import { useRouter } from '../shell/index.ts';

/** No key yet: what this place is for and the first step. Without any driver the first step is a driver. */
export function EmptyKeys({
  modules,
  drivers,
  children,
}: {
  modules: readonly ModuleInfo[];
  drivers: Drivers;
  /** What is to be said of drivers when one is in use. */
  children: ReactNode;
}) {
  const { t } = useTexts();
  const router = useRouter();
  const [looking, setLooking] = useState(false);
  const agreed = modules.some(({ state }) => state !== 'not-agreed');

  if (!agreed) {
    return (
      <div className="no-key" data-testid="no-key">
        <Drawing />
        <section className="empty-keys">
          <h2>{t('keys:noDriver.title')}</h2>
          <p>{t('keys:noDriver.text')}</p>
          <div className="driver-care">
            {modules.length > 0 ? (
              <>
                <h3 className="note">{t('keys:noDriver.found')}</h3>
                <DriverList modules={modules} drivers={drivers} />
              </>
            ) : (
              <p>{t('keys:noDriver.notFound')}</p>
            )}
            <div className="acts">
              <Button disabled={drivers.busy} onClick={() => drivers.add()}>
                {t('keys:module.add')}
              </Button>
              <Button onClick={() => router.go('documents', { type: 'choose', mode: 'verify' })}>
                {t('keys:empty.verifyAction')}
              </Button>
            </div>
            {drivers.error !== null && !drivers.candidate && <Trouble error={drivers.error} />}
          </div>
        </section>
      </div>
    );
  }
  return (
    <>
      <div className="no-key" data-testid="no-key">
        <Drawing />
        <section className="empty-keys">
          <h2>{t('keys:empty.title')}</h2>
          <p>
            {t('keys:empty.text')}
            <br />
            {t('keys:empty.how')}
          </p>
          <div className="first">
            <div>
              <p>{t('keys:empty.notShown')}</p>
              <Button
                wide
                onClick={() => {
                  setLooking(true);
                  void refreshKeys().finally(() => setLooking(false));
                }}
                disabled={looking}
              >
                {looking ? t('common:wait') : t('keys:empty.look')}
              </Button>
              <Button wide onClick={() => router.go('settings')}>
                {t('keys:empty.check')}
              </Button>
            </div>
            <div>
              <p>{t('keys:empty.verify')}</p>
              <Button wide onClick={() => router.go('documents', { type: 'choose', mode: 'verify' })}>
                {t('keys:empty.verifyAction')}
              </Button>
            </div>
          </div>
        </section>
      </div>
      {children}
    </>
  );
}

/** The first look at the drivers takes a few seconds: said, with the same drawing that waits for a key. */
export function LoadingKeys() {
  const { t } = useTexts();
  return (
    <div className="no-key" aria-busy="true">
      <Drawing />
      <section className="empty-keys">
        <h2>{t('keys:loading.title')}</h2>
        <p>{t('keys:loading.text')}</p>
      </section>
    </div>
  );
}

function Drawing() {
  return (
    <svg className="draw" viewBox="64 0 296 96" preserveAspectRatio="xMaxYMid meet" aria-hidden="true">
      <path className="soft" d="M72 48h48" strokeDasharray="3 5" />
      <path className="soft" d="m80 41-8 7 8 7" />
      <path className="metal" d="M136.5 28.5h40v39h-40z" />
      <path className="hole" d="M150.5 36.5h8v7h-8zM150.5 52.5h8v7h-8z" />
      <rect x="176.5" y="16.5" width="160" height="63" rx="6" />
      <path className="soft" d="M196 40.5h64M196 55.5h40" />
      <circle className="soft" cx="312.5" cy="48" r="4.5" />
      <path d="M336.5 40.5h10a7.5 7.5 0 0 1 0 15h-10" fill="none" />
    </svg>
  );
}
