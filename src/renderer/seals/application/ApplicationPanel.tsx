import type { SealApplicationView } from '../../../shared/domain/index.ts';
import { Facts, formatDateTime, formatMm, Icon, useTexts } from '../../look/index.ts';
import { holdsKey } from './page.ts';

/** What the application is about, and what one may do meanwhile. */
export function ApplicationPanel({ view }: { view: SealApplicationView }) {
  const { t, language } = useTexts();
  const label = view.token.label || t('keys:unnamed');
  const width = formatMm(view.widthMm, language);
  const height = formatMm(view.heightMm, language);
  const hold = holdsKey(view);
  const waits = view.phase === 'review' || view.phase === 'approved' || view.phase === 'draft';
  const may = [
    ...(view.phase === 'bound' || view.phase === 'refused' || view.phase === 'withdrawn'
      ? []
      : (['verify', 'other'] as const)),
    ...(waits ? (['close'] as const) : []),
  ];
  const text = (key: string, values?: Record<string, string>) =>
    t(`seals:mine.application.panel.${key}`, values);
  return (
    <aside
      className="panel seal-panel"
      aria-label={text('title')}
      data-pane="panel"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what may scroll must be within reach of the keyboard
      tabIndex={0}
    >
      <h2 className="panel-head">{text('title')}</h2>
      <Facts
        rows={[
          [text('name'), view.name],
          [text('kind'), t(`seals:kind.${view.kind}`)],
          [text('unit'), view.certificate.unit || t('common:unknown')],
          [text('administrator'), view.administrator || t('common:unknown')],
          [text('size'), text('sizeMm', { size: width === height ? width : `${width} × ${height}` })],
          [text('certificate'), view.certificate.holder],
          [text('key'), `${label} ${view.token.serial.slice(-4)}`],
          ...(view.sealId === null ? [] : [[text('sealId'), view.sealId] as const]),
          [text('created'), formatDateTime(view.createdAt)],
          [text('updated'), formatDateTime(view.updatedAt)],
        ]}
      />
      {may.length > 0 && (
        <>
          <hr className="rule" />
          <h3>{text('may')}</h3>
          <ul className="seal-may">
            {may.map((what) => (
              <li key={what}>
                <Icon name="check" size="small" className="ok" />
                {text(`mayItem.${what}`)}
              </li>
            ))}
          </ul>
        </>
      )}
      {hold && (
        <>
          <hr className="rule" />
          <h3>{text('not')}</h3>
          <ul className="seal-may">
            {(['pull', 'sleep'] as const).map((what) => (
              <li key={what}>
                <Icon name="cross" size="small" />
                {text(`notItem.${what}`, { label })}
              </li>
            ))}
          </ul>
        </>
      )}
    </aside>
  );
}
