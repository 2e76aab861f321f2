import './support.css';
import { useEffect, useState } from 'react';
import type { AppInfo } from '../../shared/contract/channels.ts';
import type { KeysSnapshot } from '../../shared/domain/keys.ts';
import { call, useSnapshot } from '../api/index.ts';
import { Button, Facts, Note, type Translate, Trouble, useTexts } from '../look/index.ts';
import { TopTitle, useAnnounce } from '../shell/index.ts';

/** First help, and the facts that support asks for: they hold no PIN, no document and no holder's name. */
export default function SupportScreen() {
  const { t } = useTexts();
  const announce = useAnnounce();
  const { snapshot } = useSnapshot();
  const [info, setInfo] = useState<AppInfo | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [copied, setCopied] = useState<'copied' | 'copyFailed' | null>(null);
  useEffect(() => {
    call('app.info').then(setInfo, setError);
  }, []);
  const rows = info ? factsOf(t, info, snapshot) : [];

  const copy = async () => {
    const text = rows.map(([name, value]) => `${name}: ${value}`).join('\n');
    const result = await navigator.clipboard.writeText(text).then(
      () => 'copied' as const,
      () => 'copyFailed' as const,
    );
    setCopied(result);
    announce(t(`screens:support.${result}`));
  };

  return (
    <>
      <TopTitle title={t('common:rail.support')} />
      <div className="body">
        <main className="stage support" id="main" data-pane="stage" tabIndex={-1}>
          <section className="support-what">
            <h2>{t('screens:support.title')}</h2>
            <p>{t('screens:support.text')}</p>
          </section>
          {error !== null && <Trouble error={error} />}
          {info && (
            <section className="card">
              <h3>{t('screens:support.environment')}</h3>
              <Facts rows={rows.map(([name, value]) => [name, <code key={name}>{value}</code>] as const)} />
              <div className="support-copy">
                <Button onClick={() => copy()}>{t('screens:support.copy')}</Button>
                <span className="note">{copied ? t(`screens:support.${copied}`) : ''}</span>
              </div>
              <Note icon="info">{t('screens:support.safe')}</Note>
            </section>
          )}
        </main>
        <aside className="panel" aria-label={t('screens:support.ways.label')} data-pane="panel">
          <section className="next">
            <h2>{t('screens:support.ways.title')}</h2>
            <ul className="ways-list">
              {(['key', 'pin', 'locked', 'file'] as const).map((way) => (
                <li key={way}>{t(`screens:support.ways.${way}`)}</li>
              ))}
            </ul>
          </section>
          <hr className="rule" />
          <Note>{t('screens:support.keyboard')}</Note>
        </aside>
      </div>
    </>
  );
}

function factsOf(t: Translate, info: AppInfo, snapshot: KeysSnapshot | null): [string, string][] {
  const drivers = (snapshot?.modules ?? []).filter(({ state }) => state !== 'not-agreed');
  return [
    [t('screens:support.version'), info.version],
    [t('screens:support.system'), t(`screens:support.systems.${info.platform}`)],
    [t('screens:support.mode'), t(info.practice ? 'screens:support.practice' : 'screens:support.real')],
    [t('screens:support.keys'), t('screens:support.keysCount', { count: snapshot?.keys.length ?? 0 })],
    ...(drivers.length === 0
      ? [[t('screens:support.drivers'), t('screens:support.noDrivers')] as [string, string]]
      : drivers.map((module, index): [string, string] => [
          `${t('screens:support.drivers')}${drivers.length > 1 ? ` ${index + 1}` : ''}`,
          [
            [module.name, module.version].filter(Boolean).join(' '),
            t(`keys:module.${module.state}`),
            module.error?.code ?? '',
          ]
            .filter(Boolean)
            .join(' · '),
        ])),
  ];
}
