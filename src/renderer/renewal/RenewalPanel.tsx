import { Fragment } from 'react';
import type { RenewalView } from '../../shared/domain/renewal.ts';
import { Facts, formatDate, Icon, useTexts } from '../look/index.ts';
import { Leftovers } from './Leftovers.tsx';
import { meanwhile } from './page.ts';
import { historyTime, money } from './words.ts';

/** This renewal in numbers, what one may do meanwhile, and how it came here. */
export function RenewalPanel({ view }: { view: RenewalView }) {
  const { t, language } = useTexts();
  const now = new Date();
  const { order } = view;
  const { may, not } = meanwhile(view, now);
  const end = view.fresh?.notAfter ?? order?.notAfter ?? null;
  const { seal } = view;
  const became =
    seal.state === 'carried' ? 'carriedShort' : seal.state === 'pending' ? 'pending' : 'failedShort';
  const sealRow =
    seal.oldId === null
      ? []
      : [[t('renewal:seal.row'), t(`renewal:seal.${became}`, { name: seal.name })] as const];
  const label = view.token.label || t('keys:unnamed');
  return (
    <aside
      className="panel renew-panel"
      aria-label={t('renewal:panel.title')}
      data-pane="panel"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what may scroll must be within reach of the keyboard
      tabIndex={0}
    >
      <h2>{t('renewal:panel.title')}</h2>
      <Facts
        rows={[
          ...(order ? [[t('renewal:panel.years'), t('renewal:years', { count: order.years })] as const] : []),
          [t('renewal:panel.oldEnd'), formatDate(view.old.notAfter)],
          [
            t('renewal:panel.newEnd'),
            end ? (
              <b key="end" className="strong">
                {formatDate(end)}
              </b>
            ) : (
              t('renewal:panel.toBeChosen')
            ),
          ],
          ...sealRow,
          ...(order
            ? [
                [t('renewal:panel.certificate'), money(t, language, order.fees.certificate)] as const,
                [t('renewal:panel.seal'), money(t, language, order.fees.seal)] as const,
                [
                  t('renewal:panel.total'),
                  t(order.paidAt ? 'renewal:panel.paid' : 'renewal:panel.unpaid', {
                    amount: money(t, language, order.fees.total),
                  }),
                ] as const,
              ]
            : []),
        ]}
      />
      {may.length > 0 && (
        <>
          <hr className="rule" />
          <h2>{t('renewal:panel.may')}</h2>
          <ul className="may">
            {may.map((what) => (
              <li key={what}>
                <Icon name="check" size="small" className="ok" />
                {t(`renewal:may.${what}`)}
              </li>
            ))}
          </ul>
        </>
      )}
      {not.length > 0 && (
        <>
          <hr className="rule" />
          <h2>{t('renewal:panel.not')}</h2>
          <ul className="may">
            {not.map((what) => (
              <li key={what}>
                <Icon name="cross" size="small" />
                {t(`renewal:not.${what}`, { label })}
              </li>
            ))}
          </ul>
        </>
      )}
      {view.state !== 'working' && <Leftovers token={view.token} quiet />}
      {view.history.length > 0 && (
        <>
          <hr className="rule" />
          <h2>{t('renewal:panel.history')}</h2>
          <dl className="facts note">
            {view.history.map(({ at, what }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a history only grows at its end
              <Fragment key={index}>
                <dt>
                  <time dateTime={at}>{historyTime(at, now)}</time>
                </dt>
                <dd>
                  {what === 'paid' && order
                    ? t('renewal:historyPaid', { amount: money(t, language, order.fees.total) })
                    : t(`renewal:history.${what}`)}
                </dd>
              </Fragment>
            ))}
          </dl>
        </>
      )}
    </aside>
  );
}
