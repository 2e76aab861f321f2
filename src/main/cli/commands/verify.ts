import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Verification } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { parsePemCertificates, userRoots } from '../../certificates/index.ts';
import { exitCodes, type Outcome } from '../output.ts';
import { secretFromDescriptor } from '../pin.ts';
import { openDocuments } from '../services.ts';
import { dataFolder, practiceAround } from '../world.ts';

interface VerifyOptions {
  trust?: string;
  passwordFd?: number;
}

/** Verifies a file against the given roots, or against the user's own and (in a practice world) the practice root. */
export async function verify(file: string, options: VerifyOptions, language: Language): Promise<Outcome> {
  const roots = trustRoots(options.trust);
  const documents = openDocuments();
  try {
    const report = await documents.verify({
      input: path.resolve(file),
      password:
        options.passwordFd === undefined
          ? undefined
          : secretFromDescriptor(options.passwordFd, '--password-fd'),
      roots,
      now: new Date().toISOString(),
    });
    return {
      json: report,
      lines: describe(report, path.basename(file), language),
      exit: report.verdict === 'valid' ? exitCodes.done : exitCodes.refused,
    };
  } finally {
    documents.stop();
  }
}

function trustRoots(file: string | undefined): Uint8Array[] {
  if (file !== undefined) return parsePemCertificates(readTrust(file)).map(({ der }) => der);
  const practice = practiceAround(process.env);
  const own = userRoots(path.join(dataFolder(process.env, practice), 'trust'));
  return [...own, ...(practice ? parsePemCertificates(readTrust(practice.trust)) : [])].map(({ der }) => der);
}

function readTrust(file: string): string {
  try {
    return readFileSync(path.resolve(file), 'utf8');
  } catch (error) {
    throw new YinkeyError('trust.unreadable', { name: path.basename(file) }, { cause: error });
  }
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
