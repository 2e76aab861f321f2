import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseCertificate } from '../src/main/certificates/index.ts';
import type { Driver } from './driver.ts';
import { writeWhole } from './files.ts';
import type { PracticeCertificate, PracticeWorld } from './types.ts';
import type * as x509 from './x509.ts';

/** Two letters and six digits: nobody's birthday, and none that keys are delivered with. */
export function newPin(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz';
  const letter = () => letters[randomInt(letters.length)];
  return `${letter()}${letter()}${String(randomInt(1_000_000)).padStart(6, '0')}`;
}

/** A certificate as `practice up --json` prints it. */
export function describe(label: string, certificate: Uint8Array): PracticeCertificate {
  const facts = parseCertificate(certificate);
  return {
    id: facts.id,
    label,
    subject: facts.subject.text,
    issuer: facts.issuer.text,
    serialNumber: facts.serialNumber,
    notBefore: facts.notBefore.toISOString(),
    notAfter: facts.notAfter.toISOString(),
    keyType: facts.keyType,
    sha256: facts.sha256,
  };
}

/** Puts a certificate on a token, in place of the one with the same CKA_ID. */
export async function storeCertificate(
  driver: Driver,
  token: { serial: string; pin: string },
  object: { keyId: string; label: string; certificate: x509.X509Certificate },
): Promise<void> {
  const { certificate } = object;
  const der = new Uint8Array(certificate.rawData);
  await driver.store({
    serial: token.serial,
    pin: token.pin,
    keyId: object.keyId,
    label: object.label,
    der,
    subject: new Uint8Array(certificate.subjectName.toArrayBuffer()),
    issuer: new Uint8Array(certificate.issuerName.toArrayBuffer()),
    serialNumber: parseCertificate(der).serialNumberDer,
  });
}

/** PIN.txt: the PINs for the person at the keyboard; `more`: lines about other keys. */
export function writePinFile({ dir, token }: Pick<PracticeWorld, 'dir' | 'token'>, more: string): void {
  const { label, pin, soPin } = token;
  const own = `练习密钥盘 / practice key: ${label}\n\nPIN 码 / PIN: ${pin}\n管理员 PIN 码 / SO PIN: ${soPin}\n`;
  writeWhole(join(dir, 'PIN.txt'), more === '' ? own : `${own}\n${more}`, 0o600);
}
