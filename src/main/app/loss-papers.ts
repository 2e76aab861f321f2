import type { LossReceipt } from '../../shared/domain/index.ts';
import { escaped, localTime, page, pair, text } from './paper.ts';

const row = (name: string, value: string) =>
  `<tr><th scope="row">${pair(`papers:loss.${name}`)}</th><td>${value}</td></tr>`;

/** The receipt of a lost key: what was ended and when, and the way to a new one. */
export function lossReceiptPage(
  receipt: LossReceipt,
  facts: { version: string; practice: boolean; now: Date },
): string {
  const { certificate, seals } = receipt;
  const list = seals.map(({ id, name }) => `${text(name)}<br>${escaped(id)}`).join('<br>');
  const rows = [
    row('number', escaped(receipt.number)),
    row('at', escaped(localTime(receipt.at))),
    row('authority', text(receipt.authority)),
    row('unit', text(receipt.unit)),
    row('holder', text(certificate.holder)),
    row('certificate', `${escaped(certificate.serialNumber)}<br>${pair('papers:loss.revoked')}`),
    row('seals', seals.length > 0 ? `${list}<br>${pair('papers:loss.cancelled')}` : pair('papers:loss.none')),
    row('reason', pair(`loss:reason.${receipt.reason}`)),
    row('reporter', text(receipt.reporter)),
    row('printed', escaped(localTime(facts.now.toISOString()))),
  ];
  const practice = facts.practice ? `<p class="practice">${pair('papers:practice')}</p>` : '';
  return page(
    'papers:loss.title',
    `${practice}
<table>${rows.join('')}</table>
<p class="say">${pair('papers:loss.past')}</p>
<p class="say">${pair('papers:loss.next')}</p>`,
    facts.version,
  );
}
