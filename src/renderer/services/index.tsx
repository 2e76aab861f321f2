import './services.css';
import { Facts, Icon, useTexts } from '../look/index.ts';
import { TopTitle } from '../shell/index.ts';

const rows = ['renew', 'change', 'reissue', 'loss', 'unlock'] as const;

/** What this place is for, what does not work yet, and whom to ask until then. */
export default function ServicesScreen() {
  const { t } = useTexts();
  return (
    <>
      <TopTitle title={t('common:rail.services')} />
      <div className="body is-single">
        <main className="stage services" id="main" data-pane="stage" tabIndex={-1}>
          <section className="services-what">
            <h2>{t('screens:services.title')}</h2>
            <p>{t('screens:services.text')}</p>
            <p className="told">
              <Icon name="info" />
              <span>{t('screens:services.now')}</span>
            </p>
          </section>
          <section className="card">
            <h3>{t('screens:services.what')}</h3>
            <Facts
              rows={rows.map(
                (row) =>
                  [t(`screens:services.rows.${row}.word`), t(`screens:services.rows.${row}.when`)] as const,
              )}
            />
          </section>
        </main>
      </div>
    </>
  );
}
