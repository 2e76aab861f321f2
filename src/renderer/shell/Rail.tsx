import type { Language } from '../../shared/i18n/index.ts';
import { changeSettings } from '../api/index.ts';
import { Icon, type IconName, useTexts } from '../look/index.ts';
import { type Place, places, useRouter } from './router.tsx';

const signs: Record<Place, IconName> = {
  keys: 'usb',
  certificates: 'cert',
  seals: 'stamp',
  documents: 'doc',
  services: 'list',
  support: 'support',
  settings: 'settings',
};

function Item({ place, number }: { place: Place; number?: number }) {
  const { t } = useTexts();
  const router = useRouter();
  return (
    <li>
      <button
        type="button"
        data-place={place}
        aria-current={router.place === place ? 'page' : undefined}
        aria-keyshortcuts={number ? `Control+${number}` : undefined}
        onClick={() => router.go(place)}
      >
        <Icon name={signs[place]} size={number ? 'large' : 'normal'} />
        {t(`common:rail.${place}`)}
      </button>
    </li>
  );
}

/** The left rail: six places, settings and language at its foot. */
export function Rail({ onTrouble }: { onTrouble: (error: unknown) => void }) {
  const { t, language } = useTexts();
  const other: Language = language === 'zh-CN' ? 'en' : 'zh-CN';
  return (
    <nav className="rail" aria-label={t('common:rail.label')} data-pane="rail">
      <div className="mark" role="img" aria-label={t('common:app.name')}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <circle cx="16" cy="11" r="8" />
          <path d="m16 7 1.2 2.5 2.7.4-2 1.9.5 2.7-2.4-1.3-2.4 1.3.5-2.7-2-1.9 2.7-.4z" strokeWidth="1.2" />
          <path d="M16 19v11M16 24.5h4M16 29h5.5" />
        </svg>
      </div>
      <ul>
        {places.map((place, index) => (
          <Item key={place} place={place} number={index + 1} />
        ))}
      </ul>
      <ul>
        <Item place="settings" />
        <li>
          <button
            type="button"
            data-testid="language"
            aria-label={t('common:rail.switchLanguage')}
            onClick={() => changeSettings({ language: other }).catch(onTrouble)}
          >
            <Icon name="lang" />
            <span lang={language}>{t('common:rail.language')}</span>
          </button>
        </li>
      </ul>
    </nav>
  );
}
