import type { CertificateCard, OrderReceipt, RenewalSeal, RenewalView } from '../../shared/domain/index.ts';
import { escaped, localTime, page, pair, text, yuan } from './paper.ts';

const row = (name: string, value: string) =>
  `<tr><th scope="row">${pair(`papers:renewal.${name}`)}</th><td>${value}</td></tr>`;
const blank = (name: string) =>
  `<tr><th scope="row">${pair(`papers:form.${name}`)}</th><td class="blank"></td></tr>`;
const practiceNote = (practice: boolean) =>
  practice ? `<p class="practice">${pair('papers:practice')}</p>` : '';

/** What became of the seal; nothing where there was none. */
function sealRows({ state, oldId, newId, name }: RenewalSeal): string[] {
  if (oldId === null) return [];
  const what = `${text(name)}<br>${escaped(oldId)}`;
  const became = pair(`papers:renewal.sealState.${state}`);
  return [
    row('oldSeal', what),
    row('newSeal', newId !== null && state === 'carried' ? `${escaped(newId)}<br>${became}` : became),
  ];
}

/** The receipt of a renewal: what was renewed, until when, and what was paid. `paid`: what the authority says, if it does. */
export function renewalReceipt(
  view: RenewalView,
  paid: OrderReceipt | null,
  facts: { version: string; practice: boolean; now: Date },
): string {
  const { old, fresh, order } = view;
  const rows = [
    row('holder', text(old.holder)),
    row('unit', text(old.unit)),
    row('key', `${text(view.token.label)}<br>${escaped(view.token.serial)}`),
    row('old', `${escaped(old.serialNumber)}<br>${escaped(localTime(old.notAfter))}`),
    ...(fresh ? [row('new', `${escaped(fresh.serialNumber)}<br>${escaped(localTime(fresh.notAfter))}`)] : []),
    ...sealRows(view.seal),
    ...(order
      ? [
          row('order', escaped(order.number)),
          row('years', String(order.years)),
          row(
            'fees',
            `${yuan(order.fees.certificate)} + ${yuan(order.fees.seal)} = ${yuan(order.fees.total)} CNY`,
          ),
          ...(order.paidAt ? [row('paidAt', escaped(localTime(order.paidAt)))] : []),
        ]
      : []),
    row('authority', text(paid?.authority ?? view.authority)),
    row('printed', escaped(localTime(facts.now.toISOString()))),
  ];
  return page(
    'papers:renewal.title',
    `${practiceNote(facts.practice)}<table>${rows.join('')}</table>`,
    facts.version,
  );
}

/**
 * The form for a certificate that can't be renewed online any more: what is known is filled in, the rest is written by
 * hand, the unit's seal comes on it.
 */
export function counterForm(
  card: CertificateCard,
  creditCode: string,
  facts: { version: string; practice: boolean },
): string {
  const { certificate, token } = card;
  return page(
    'papers:form.title',
    `${practiceNote(facts.practice)}
<table>
${row('unit', text(certificate.unit))}
${row('creditCode', text(creditCode))}
${row('holder', text(certificate.holder))}
${row('seal', text(card.seal))}
${row('key', `${text(token.label)}<br>${escaped(token.serial)}`)}
${row('old', `${escaped(certificate.serialNumber)}<br>${escaped(localTime(certificate.notAfter))}`)}
${blank('years')}${blank('handler')}${blank('identity')}${blank('phone')}${blank('address')}
</table>
<p class="say">${pair('papers:form.bring')}</p>
<p class="say">${pair('papers:form.copies')}</p>
<div class="signs"><div>${pair('papers:form.signUnit')}</div><div>${pair('papers:form.signHandler')}</div></div>`,
    facts.version,
  );
}
