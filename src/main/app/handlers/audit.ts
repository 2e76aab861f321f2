import path from 'node:path';
import { app } from 'electron';
import { auditReport } from '../audit-report.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';
import { paperCss } from '../paper.ts';
import { printPdf } from '../print.ts';
import { saveWhole } from '../save.ts';

/** Entries on one report: more than anyone reads on paper; the lines of JSON hold all. */
const reported = 5000;

/** The audit log, for those who are asked for it. */
export function auditHandlers(services: Services): HandlersOf<'audit'> {
  const { audit, dialogs, practice } = services;
  return {
    'audit.export': async ({ format }) => {
      const now = new Date();
      const file = await dialogs.save('audit', `yinkey-audit-${now.toISOString().slice(0, 10)}.${format}`);
      if (file === undefined) return null;
      const rows = [...audit.export()];
      if (format === 'jsonl') {
        const lines = rows.map(({ entry, hash }) => `{"entry":${entry},"hash":"${hash}"}\n`);
        await saveWhole(file, lines.join(''));
      } else {
        const facts = {
          verdict: await audit.verifyGently(),
          head: rows.at(-1)?.hash ?? '',
          now,
          version: app.getVersion(),
          practice: practice !== undefined,
        };
        await saveWhole(file, await printPdf(auditReport(audit.list(reported).reverse(), facts), paperCss));
      }
      return { name: path.basename(file) };
    },
  };
}
