import { YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { exitCodes, type Outcome } from '../output.ts';
import type { Services } from '../services.ts';

/** Walks the hash chain of the audit log. @throws audit.broken with the first entry that doesn't fit */
export async function auditVerify(services: Services, language: Language): Promise<Outcome> {
  const { t } = createTexts(language);
  const { audit } = await services.store();
  const verdict = audit.verify();
  if (!verdict.ok)
    throw new YinkeyError('audit.broken', { entry: verdict.firstBroken, reason: verdict.reason });
  return { json: verdict, lines: [t('cli:audit.intact', { count: verdict.entries })], exit: exitCodes.done };
}
