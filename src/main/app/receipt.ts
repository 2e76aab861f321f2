import type { CareResult, PinStates } from '../../shared/domain/index.ts';
import { bilingual, escaped, localTime, page, pair, text } from './paper.ts';

/** What stands on a receipt besides the act itself. */
export interface ReceiptFacts {
  /** The operating system's user, as in the audit log. */
  actor: string;
  version: string;
  /** In a practice world: what it says has no effect. */
  practice: boolean;
}

/** The receipt of an act on a key as a page, each line in both languages. No PIN is in what it is made of. */
export function receiptPage(result: CareResult, facts: ReceiptFacts): string {
  const row = (name: string, value: string) =>
    `<tr><th scope="row">${pair(`care:receipt.${name}`)}</th><td>${value}</td></tr>`;
  const states = ({ user, so }: PinStates) =>
    bilingual((t) =>
      t('care:receipt.states', { user: t(`keys:pin.${user}.word`), so: t(`keys:pin.${so}.word`) }),
    );
  const wrong = (who: 'user' | 'so') =>
    result.logins.filter((login) => login.who === who && login.result !== 'ok').length;
  const { token, case: about } = result;
  const rows = [
    row('act', pair(`care:act.${result.act}`)),
    row('result', pair(`care:done.${result.act}.title`)),
    row('time', escaped(localTime(result.at))),
    row('key', text(token.label)),
    row('maker', text([result.manufacturer, result.model].filter(Boolean).join(' '))),
    row('serial', text(token.serial)),
    row('before', states(result.before)),
    row('after', states(result.after)),
    row('wrong', pair('care:receipt.wrongCount', { user: wrong('user'), so: wrong('so') })),
    ...(about
      ? [
          row('reason', text(about.reason)),
          row('reference', text(about.reference)),
          row('staff', text(about.staff)),
        ]
      : []),
    row('entry', pair('care:receipt.entryNumber', { entry: result.auditEntry })),
    row('actor', text(facts.actor)),
  ];
  return page(
    'care:receipt.title',
    `${facts.practice ? `<p class="practice">${pair('care:receipt.practice')}</p>` : ''}
<table>${rows.join('')}</table>
<p class="say">${pair('care:receipt.noPin')}</p>
<div class="signs"><div>${pair('care:receipt.signStaff')}</div><div>${pair('care:receipt.signHolder')}</div></div>`,
    facts.version,
  );
}
