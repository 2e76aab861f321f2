import { CSPProvider } from '@base-ui/react/csp-provider';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { call, initial, on } from '../api/index.ts';
import { CareNotices } from '../care/index.ts';
import { KeysScreen } from '../keys/index.ts';
import { Button, LinkButton, Trouble, useTexts } from '../look/index.ts';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { KeyboardMap } from './KeyboardMap.tsx';
import { KeyChip } from './KeyChip.tsx';
import { type Command, focusNextPane, useKeyboard } from './keyboard.ts';
import { Rail } from './Rail.tsx';
import { RouterProvider, useRouter } from './router.tsx';
import { ActiveProvider, SlotsProvider, useSlots } from './slots.tsx';

// The keys screen is what the client opens with; the others come when they are first entered.
const CertificatesScreen = lazy(() => import('../certificates/index.tsx'));
const SealsScreen = lazy(() => import('../seals/index.tsx'));
const DocumentsScreen = lazy(() => import('../documents/index.tsx'));
const ServicesScreen = lazy(() => import('../services/index.tsx'));
const SupportScreen = lazy(() => import('../support/index.tsx'));
const SettingsScreen = lazy(() => import('../settings/index.tsx'));

export function App() {
  return (
    <CSPProvider disableStyleElements>
      <RouterProvider>
        <SlotsProvider>
          <Frame />
        </SlotsProvider>
      </RouterProvider>
    </CSPProvider>
  );
}

function Frame() {
  const { t } = useTexts();
  const router = useRouter();
  const { place, go } = router;
  const slots = useSlots();
  const [map, setMap] = useState(false);
  const [troubles, setTroubles] = useState<{ id: number; error: unknown }[]>([]);
  const [documentsEntered, setDocumentsEntered] = useState(false);
  if (place === 'documents' && !documentsEntered) setDocumentsEntered(true);

  const tell = useCallback(
    (error: unknown) => setTroubles((now) => [...now.slice(-2), { id: (now.at(-1)?.id ?? 0) + 1, error }]),
    [],
  );

  const run = useCallback(
    (command: Command) => {
      if (command.type === 'go') go(command.place);
      else if (command.type === 'open') go('documents', { type: 'choose' });
      else if (command.type === 'place') go('documents', { type: 'place' });
      else if (command.type === 'settings') go('settings');
      else if (command.type === 'pane') focusNextPane(command.back);
      else setMap(true);
    },
    [go],
  );
  useKeyboard(initial().platform, run, !map);

  useEffect(() => {
    const stops = [
      on('documents.opened', (document) => go('documents', { type: 'opened', document })),
      on('app.command', (command) => {
        if (command === 'open' || command === 'place') run({ type: command });
        else if (command === 'help') setMap(true);
        else go(command);
      }),
    ];
    // Trouble found while the client started (a damaged store was put aside ...).
    call('app.info').then((info) => info.notices.forEach(tell), tell);
    return () => {
      for (const stop of stops) stop();
    };
  }, [go, run, tell]);

  useEffect(markUsable, []);

  return (
    <div className="app">
      <a className="skip btn" href="#main">
        {t('common:skip')}
      </a>
      <Rail onTrouble={tell} />
      <header className="top" data-pane="top">
        <div className="top-title" ref={slots.setTitle} />
        <KeyChip />
      </header>
      {initial().practice && (
        <aside className="practice" aria-label={t('common:practice.word')}>
          <b>{t('common:practice.word')}</b>
          <span>{t('common:practice.text')}</span>
          <LinkButton onClick={() => call('practice.reveal').catch(tell)} data-testid="practice-folder">
            {t('common:practice.open')}
          </LinkButton>
        </aside>
      )}
      <ErrorBoundary place={place} again={t('common:again')}>
        <Suspense fallback={<Waiting />}>
          {place === 'keys' && <KeysScreen />}
          {place === 'certificates' && <CertificatesScreen />}
          {place === 'seals' && <SealsScreen />}
          {place === 'services' && <ServicesScreen />}
          {place === 'support' && <SupportScreen />}
          {place === 'settings' && <SettingsScreen />}
          {documentsEntered && (
            <div className="kept" hidden={place !== 'documents'}>
              <ActiveProvider active={place === 'documents'}>
                <DocumentsScreen />
              </ActiveProvider>
            </div>
          )}
        </Suspense>
      </ErrorBoundary>
      <KeyboardMap open={map} onClose={() => setMap(false)} />
      <div className="toasts">
        <CareNotices />
        {troubles.map(({ id, error }) => (
          <Trouble
            key={id}
            error={error}
            actions={
              <Button small onClick={() => setTroubles((now) => now.filter((one) => one.id !== id))}>
                {t('common:close')}
              </Button>
            }
          />
        ))}
      </div>
      <div className="out-of-sight" aria-live="polite">
        {slots.said}
      </div>
    </div>
  );
}

/** The window can be used from its first painted frame on; what measures the start waits for this. */
function markUsable(): void {
  requestAnimationFrame(() => {
    performance.mark('yinkey:usable');
    document.documentElement.dataset.usable = 'true';
  });
}

function Waiting() {
  const { t } = useTexts();
  return (
    <div className="body is-single">
      <p className="waiting">{t('common:wait')}</p>
    </div>
  );
}
