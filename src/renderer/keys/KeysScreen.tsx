import { useEffect, useRef, useState } from 'react';
import type { KeyInfo, KeysSnapshot } from '../../shared/domain/keys.ts';
import { refreshKeys, useSnapshot } from '../api/index.ts';
import { Reminders } from '../certificates/Reminders.tsx';
import { AgreeDialog, DriverList, useDrivers } from '../drivers/index.ts';
import { Button, LinkButton, type Translate, Trouble, useTexts } from '../look/index.ts';
import { TopTitle, useAnnounce, useRouter } from '../shell/index.ts';
import { EmptyKeys, LoadingKeys } from './EmptyKeys.tsx';
import { KeyCard } from './KeyCard.tsx';
import { KeyPanel } from './KeyPanel.tsx';
import { changes, chosenKey } from './selection.ts';

/** The keys that are plugged in: what they are, how they are, and what can be done with them. */
export function KeysScreen() {
  const { t } = useTexts();
  const { snapshot, error } = useSnapshot();
  const { intent, taken, go } = useRouter();
  const drivers = useDrivers();
  const [chosen, setChosen] = useState<{ key: string; certificate: string | null } | null>(null);
  useSpokenChanges(snapshot?.keys ?? null);

  useEffect(() => {
    if (intent?.type !== 'certificate' && intent?.type !== 'care') return;
    setChosen({ key: intent.key, certificate: intent.type === 'certificate' ? intent.certificate : null });
    taken();
  }, [intent, taken]);

  const keys = snapshot?.keys ?? [];
  const key = chosenKey(keys, chosen?.key ?? null);
  const certificate =
    key && chosen?.key === key.key
      ? (key.certificates.find((one) => one.id === chosen.certificate) ?? null)
      : null;
  const modules = snapshot?.modules ?? [];
  const inTrouble = modules.filter(({ state }) => ['missing', 'changed', 'trouble'].includes(state));
  const offered = modules.filter(({ state }) => state === 'not-agreed').length;
  const needing = inTrouble.length > 0 && (
    <section className="driver-care" aria-label={t('keys:module.heading')}>
      <h2>{t('keys:module.heading')}</h2>
      <DriverList modules={inTrouble} drivers={drivers} />
      {drivers.error !== null && !drivers.candidate && <Trouble error={drivers.error} />}
    </section>
  );
  // While another driver works, one more on offer is no news: a line, not a card.
  const pending = offered > 0 && (
    <p className="note pending">
      {t('keys:module.pending', { count: offered })}
      <LinkButton onClick={() => go('settings')}>{t('keys:module.view')}</LinkButton>
    </p>
  );

  return (
    <>
      <TopTitle title={t('keys:title')} note={snapshot && note(t, snapshot)} />
      <div className={key ? 'body keys' : 'body keys is-single'}>
        <main className="stage" id="main" data-pane="stage" tabIndex={-1}>
          {error !== null && (
            <Trouble
              error={error}
              actions={<Button onClick={() => refreshKeys()}>{t('common:again')}</Button>}
            />
          )}
          {snapshot !== null && !snapshot.loading && <Reminders />}
          {key ? (
            <>
              <ul className="key-list" aria-label={t('keys:listLabel')}>
                {keys.map((one) => (
                  <li key={one.key}>
                    <KeyCard
                      info={one}
                      here={one.key === key.key}
                      certificate={certificate?.id ?? null}
                      onChoose={(id) => setChosen({ key: one.key, certificate: id })}
                    />
                  </li>
                ))}
              </ul>
              {needing}
              <p className="slot">{t('keys:slot')}</p>
              {pending}
            </>
          ) : snapshot === null && error !== null ? null : snapshot === null || snapshot.loading ? (
            <LoadingKeys />
          ) : (
            <EmptyKeys modules={snapshot.modules} drivers={drivers}>
              {needing}
              {pending}
            </EmptyKeys>
          )}
        </main>
        {key && (
          <KeyPanel
            info={key}
            certificate={certificate}
            module={snapshot?.modules.find(({ path }) => path === key.module) ?? null}
            onCertificate={(id) => setChosen({ key: key.key, certificate: id })}
          />
        )}
      </div>
      <AgreeDialog drivers={drivers} />
    </>
  );
}

function note(t: Translate, snapshot: KeysSnapshot): string | null {
  const all = snapshot.keys.length;
  if (all === 0) return null;
  const locked = snapshot.keys.filter((key) => key.pin.state === 'locked').length;
  if (locked > 0) return t('keys:note.locked', { all, count: locked });
  return t('keys:note.plugged', { count: all });
}

/** A key that comes or goes is told to those who do not see it. */
function useSpokenChanges(keys: readonly KeyInfo[] | null): void {
  const { t } = useTexts();
  const announce = useAnnounce();
  const before = useRef<readonly KeyInfo[] | null>(null);
  useEffect(() => {
    if (keys === null) return;
    if (before.current !== null) {
      const { plugged, pulled } = changes(before.current, keys);
      const words = [
        ...plugged.map((key) => t('keys:said.plugged', { label: key.label || t('keys:unnamed') })),
        ...pulled.map((key) => t('keys:said.pulled', { label: key.label || t('keys:unnamed') })),
      ];
      if (words.length > 0) announce(words.join(t('common:comma')));
    }
    before.current = keys;
  }, [keys, t, announce]);
}
