import path from 'node:path';
import { app } from 'electron';
import type { LossReceipt } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import type { Port } from '../../../shared/hosts/index.ts';
import { SealsClient } from '../../authority/index.ts';
import { Losses } from '../../seals/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';
import { lossReceiptPage } from '../loss-papers.ts';
import { paperCss } from '../paper.ts';
import { withPin } from '../pin-act.ts';
import { printPdf } from '../print.ts';
import { saveWhole } from '../save.ts';
import { authorityUrl } from './certificates.ts';
import type { SealingDesk } from './sealing.ts';

/** Receipts of one session that can be printed, at most. */
const receiptsKept = 50;

/** Reports of lost keys, and their receipts. `during`: has the client wait for a report before it ends. */
export function lossHandlers(services: Services, during: SealingDesk['during']): HandlersOf<'loss'> {
  const { store, audit, tokens, holdings, seals, http, tell, dialogs, practice } = services;
  const receipts = new Map<string, LossReceipt>();
  const losses = new Losses({
    tokens,
    audit,
    status: store.status,
    maker: (api) => new SealsClient({ url: api, http }),
    chain: (sha256) => holdings.chain(sha256),
    keyOf: (sha256) => {
      const card = holdings.cards().find(({ certificate }) => certificate.sha256 === sha256);
      return card ? card.token : null;
    },
    ask: (sha256) => Promise.all([holdings.refresh(sha256, true), seals.refresh()]),
  });
  const keep = (receipt: LossReceipt) => {
    receipts.set(receipt.number, receipt);
    const [oldest] = receipts.keys();
    if (receipts.size > receiptsKept && oldest !== undefined) receipts.delete(oldest);
    return receipt;
  };

  return {
    'loss.report': async (report) => {
      const api = authorityUrl(services);
      if (api === '') throw new YinkeyError('authority.url', { url: '' });
      const { signer, certificate } = report;
      try {
        if (!signer) return keep(await during(() => losses.report(report, api, noPin)));
        const signed = (pinPort: () => Port) =>
          losses.report(report, api, () => ({ pinPort: pinPort(), pinPortAgain: pinPort }));
        return keep(await during((talks) => withPin(services, 'loss', signer.token, signed, talks)));
      } finally {
        // From the store, where the authority could not be asked again.
        tell('certificates.changed', await holdings.refresh(certificate, false));
        tell('seals.changed', seals.cards());
      }
    },
    'loss.receipt': async ({ number }) => {
      const receipt = receipts.get(number);
      if (!receipt) throw new YinkeyError('request.refused', { method: 'no such receipt' });
      const file = await dialogs.save('receipt', `loss-${number.replace(/[^\w.-]/g, '_')}.pdf`);
      if (file === undefined) return null;
      const facts = { version: app.getVersion(), practice: practice !== undefined, now: new Date() };
      await saveWhole(file, await printPdf(lossReceiptPage(receipt, facts), paperCss));
      return { name: path.basename(file) };
    },
  };
}

function noPin(): never {
  throw new YinkeyError('request.refused', { method: 'no key signs' });
}
