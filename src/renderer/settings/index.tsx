import './settings.css';
import { type ReactNode, useEffect, useState } from 'react';
import type { AppInfo, Settings } from '../../shared/contract/channels.ts';
import { languages } from '../../shared/i18n/index.ts';
import { call, changeSettings, useSettings, useSnapshot } from '../api/index.ts';
import { AgreeDialog, DriverList, useDrivers } from '../drivers/index.ts';
import { Button, Note, Segmented, Trouble, useTexts } from '../look/index.ts';
import { TopTitle, useRouter } from '../shell/index.ts';

const themes = ['system', 'light', 'dark'] as const;

export default function SettingsScreen() {
  const { t } = useTexts();
  const settings = useSettings();
  const { go } = useRouter();
  const { snapshot } = useSnapshot();
  const drivers = useDrivers();
  const [info, setInfo] = useState<AppInfo | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    call('app.info').then(setInfo, setError);
  }, []);
  const change = (part: Partial<Settings>) => {
    setError(null);
    changeSettings(part).catch(setError);
  };
  const modules = snapshot?.modules ?? [];
  return (
    <>
      <TopTitle title={t('common:rail.settings')} />
      <div className="body is-single">
        <main className="stage settings" id="main" data-pane="stage" tabIndex={-1}>
          {error !== null && <Trouble error={error} />}
          <Group title={t('screens:settings.language')} note={t('screens:settings.languageNote')}>
            <Segmented
              label={t('screens:settings.language')}
              value={settings.language}
              options={languages.map((one) => [one, t(`screens:settings.languages.${one}`)] as const)}
              onChange={(language) => change({ language })}
            />
          </Group>
          <Group title={t('screens:settings.theme')} note={t('screens:settings.themeNote')}>
            <Segmented
              label={t('screens:settings.theme')}
              value={settings.theme}
              options={themes.map((one) => [one, t(`screens:settings.themes.${one}`)] as const)}
              onChange={(theme) => change({ theme })}
            />
          </Group>
          <section className="settings-part">
            <div className="settings-head">
              <div>
                <h2>{t('screens:settings.drivers')}</h2>
                <Note>{t('screens:settings.driversNote')}</Note>
              </div>
              <Button disabled={drivers.busy} onClick={() => drivers.add()}>
                {t('keys:module.add')}
              </Button>
            </div>
            {drivers.error !== null && !drivers.candidate && <Trouble error={drivers.error} />}
            {modules.length > 0 ? (
              <DriverList modules={modules} drivers={drivers} />
            ) : (
              <p>{t('screens:settings.driversNone')}</p>
            )}
          </section>
          <section className="settings-part">
            <div className="settings-head">
              <div>
                <h2>{t('screens:settings.trust')}</h2>
                <Note>{t('screens:settings.trustNote')}</Note>
              </div>
              <Button onClick={() => go('certificates', { type: 'authority' })}>
                {t('screens:settings.trustOpen')}
              </Button>
            </div>
          </section>
          <section className="settings-part">
            <h2>{t('screens:settings.about')}</h2>
            {info && <p>{t('screens:settings.aboutText', { version: info.version })}</p>}
            {info?.practice && <Note icon="info">{t('screens:settings.aboutPractice')}</Note>}
          </section>
        </main>
      </div>
      <AgreeDialog drivers={drivers} />
    </>
  );
}

function Group({ title, note, children }: { title: string; note: string; children: ReactNode }) {
  return (
    <section className="settings-part settings-head">
      <div>
        <h2>{title}</h2>
        <Note>{note}</Note>
      </div>
      {children}
    </section>
  );
}
