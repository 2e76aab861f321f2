import path from 'node:path';
import type { SignatureReport, Verification } from '../../../shared/domain/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { withRevocations } from '../../documents/index.ts';
import { exitCodes, type Outcome } from '../output.ts';
import { secretFromDescriptor } from '../pin.ts';
import type { Services } from '../services.ts';

type Texts = ReturnType<typeof createTexts>['t'];

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
  // Against roots of the caller's choice nothing of this user's client comes in.
  const known = trust === undefined ? (await services.store()).store : undefined;
  const verification = await services.documents.verify({
    input: path.resolve(file),
    password,
    roots: roots.map(({ der }) => der),
    revoked: known?.status.revoked(),
    statusLists: known?.sealStatus.all(),
    now: new Date().toISOString(),
  });
  const report = withRevocations(verification, (sha256) => known?.status.revocation(sha256));
  return {
    json: { ...report, signatures: report.signatures.map((one) => ({ ...one, mark: markOf(one) })) },
    lines: describe(report, path.basename(file), language),
    exit: report.verdict === 'valid' ? exitCodes.done : exitCodes.refused,
  };
}

/** What a signature shows: an electronic seal, a picture that is none, or nothing; null where it can't be told. */
function markOf({ integrity, seal, widgets }: SignatureReport): 'seal' | 'picture' | 'nothing' | null {
  if (integrity === 'broken') return null;
  if (seal) return 'seal';
  return widgets.length > 0 ? 'picture' : 'nothing';
}

function describeMark(one: SignatureReport, t: Texts): string[] {
  const mark = markOf(one);
  const { seal } = one;
  if (mark === null) return [];
  if (!seal) return [`    ${t(`verify:shows.${mark}`)}`];
  const { facts, status, verdict } = seal;
  if (!facts) return [`    ${t('verify:shows.unreadable')}`];
  const date = status.asOf?.slice(0, 10) ?? '';
  const told =
    status.asOf === null
      ? t('verify:seal.unasked')
      : t(status.stale ? 'verify:seal.stale' : 'verify:seal.status', {
          date,
          state: t(`verify:seal.state.${status.state}`),
        });
  const code = seal.code === null ? '' : ` (${seal.code})`;
  return [
    `    ${t('verify:shows.seal', { name: facts.name, id: facts.id })}: ${t(`verify:seal.${verdict}`)}${code}`,
    `    ${told}`,
  ];
}

function describe(report: Verification, name: string, language: Language): string[] {
  const { t } = createTexts(language);
  const lines = [`${name}: ${t(`verify:verdict.${report.limited ? 'limited' : report.verdict}`)}`];
  for (const one of report.signatures) {
    lines.push(
      `  ${one.field}  ${one.unit || one.signer}  ${one.signedAt ?? ''} (${one.timeSource})`,
      `    ${one.integrity}, ${one.coverage}, ${one.trust}: ${t(`verify:reason.${one.reason}`)}`,
      ...describeMark(one, t),
    );
  }
  return lines;
}
