import { YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { exitCodes, type Outcome } from '../output.ts';
import type { Services } from '../services.ts';

/**
 * Every entry as one line of JSON, `{entry, hash}`: the hash is that of the chain, so that the lines can be checked
 * without this program. A log that is not whole is exported all the same, and says so at the end.
 */
export async function auditExport(services: Services, options: { json?: boolean }): Promise<Outcome> {
  const { audit } = await services.store();
  const entries = [...audit.export()].map(({ entry, hash }) => ({ entry: readJson(entry), hash }));
  const verdict = audit.verify();
  return {
    json: { entries, verdict },
    lines: options.json ? [] : entries.map((each) => JSON.stringify(each)),
    exit: verdict.ok ? exitCodes.done : exitCodes.refused,
  };
}

/** What can't be read is exported as the text that it is. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Walks the hash chain of the audit log. @throws audit.broken with the first entry that doesn't fit */
export async function auditVerify(services: Services, language: Language): Promise<Outcome> {
  const { t } = createTexts(language);
  const { audit } = await services.store();
  const verdict = audit.verify();
  if (!verdict.ok)
    throw new YinkeyError('audit.broken', { entry: verdict.firstBroken, reason: verdict.reason });
  return { json: verdict, lines: [t('cli:audit.intact', { count: verdict.entries })], exit: exitCodes.done };
}
