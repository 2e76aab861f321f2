import path from 'node:path';
import type { Verification } from '../../../shared/domain/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { withRevocations } from '../../documents/index.ts';
import { exitCodes, type Outcome } from '../output.ts';
import { secretFromDescriptor } from '../pin.ts';
import type { Services } from '../services.ts';

interface VerifyOptions {
  trust?: string;
  passwordFd?: number;
}

/** Verifies a file against the given roots, or against the user's own and (in a practice world) the practice root. */
export async function verify(
  services: Services,
  file: string,
  options: VerifyOptions,
  language: Language,
): Promise<Outcome> {
  const trust = options.trust;
  const roots = await services.rootsOr(trust);
  const { passwordFd } = options;
  const password = passwordFd === undefined ? undefined : secretFromDescriptor(passwordFd, '--password-fd');
  const verification = await services.documents.verify({
    input: path.resolve(file),
    password,
    roots: roots.map(({ der }) => der),
    now: new Date().toISOString(),
  });
  // Against roots of the caller's choice nothing of this user's client comes in.
  const known = trust === undefined ? (await services.store()).store.status : undefined;
  const report = withRevocations(verification, (sha256) => known?.revocation(sha256));
  return {
    json: report,
    lines: describe(report, path.basename(file), language),
    exit: report.verdict === 'valid' ? exitCodes.done : exitCodes.refused,
  };
}

function describe(report: Verification, name: string, language: Language): string[] {
  const { t } = createTexts(language);
  const lines = [`${name}: ${t(`verify:verdict.${report.limited ? 'limited' : report.verdict}`)}`];
  for (const one of report.signatures) {
    lines.push(
      `  ${one.field}  ${one.unit || one.signer}  ${one.signedAt ?? ''} (${one.timeSource})`,
      `    ${one.integrity}, ${one.coverage}, ${one.trust}: ${t(`verify:reason.${one.reason}`)}`,
    );
  }
  return lines;
}
