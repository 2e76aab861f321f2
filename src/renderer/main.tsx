import { createRoot } from 'react-dom/client';
import { I18nextProvider } from 'react-i18next';
import { createTexts } from '../shared/i18n/index.ts';
import {
  initial,
  watchApplications,
  watchCare,
  watchCertificates,
  watchKeys,
  watchOrphans,
  watchRenewals,
  watchSeals,
  watchSettings,
} from './api/index.ts';
import { App } from './shell/App.tsx';

const texts = createTexts(initial().settings.language);
watchSettings(texts);
watchKeys();
watchCare();
watchCertificates();
watchRenewals();
watchOrphans();
watchSeals();
watchApplications();

createRoot(document.getElementById('root')!).render(
  <I18nextProvider i18n={texts}>
    <App />
  </I18nextProvider>,
);
