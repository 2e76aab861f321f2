import type { KeyInfo, KeysSnapshot, RenewalCheck, TokenId } from '../../shared/domain/index.ts';
import { type ErrorDetails, toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { CertificateFacts } from '../certificates/index.ts';
import type { FoundAuthority } from './authority.ts';
import type { TokensPeer } from './peers.ts';
import { isPairType } from './signing.ts';

const day = 86_400_000;
/** What this computer's clock may differ from the authority's (ms). */
const CLOCKS = 10 * 60_000;

const ok = (name: RenewalCheck['name'], details: ErrorDetails = {}): RenewalCheck => ({
  name,
  state: 'ok',
  code: null,
  details,
});
const stop = (name: RenewalCheck['name'], code: string, details: ErrorDetails = {}): RenewalCheck => ({
  name,
  state: 'stop',
  code,
  details,
});
const unknown = (name: RenewalCheck['name'], code: string | null = null): RenewalCheck => ({
  name,
  state: 'unknown',
  code,
  details: {},
});
export const stopped = (name: RenewalCheck['name'], error: unknown): RenewalCheck => {
  const { code, details } = toWireError(error);
  return stop(name, code, details);
};

export const keyOf = (snapshot: KeysSnapshot, token: TokenId): KeyInfo | undefined =>
  snapshot.keys.find(
    ({ module, serial, label }) =>
      module === token.module && serial === token.serial && label === token.label,
  );

/** The key is plugged in, its PIN is not locked, and its driver works. */
export function keyChecks(snapshot: KeysSnapshot, token: TokenId): RenewalCheck[] {
  const module = snapshot.modules.find(({ path }) => path === token.module);
  const driver = module?.error
    ? stop('driver', module.error.code, module.error.details)
    : ok('driver', { name: module?.name ?? '' });
  const key = keyOf(snapshot, token);
  const about = { label: token.label, serial: token.serial };
  if (!key) return [stop('key', 'token.not-found', about), driver];
  if (key.error) return [stop('key', key.error.code, key.error.details), driver];
  const { state } = key.pin;
  if (state === 'locked') return [stop('key', 'token.pin-locked', about), driver];
  if (state === 'not-set') return [stop('key', 'token.pin-not-set', about), driver];
  if (state === 'to-be-changed') return [stop('key', 'token.pin-expired', about), driver];
  return [ok('key', about), driver];
}

/** What a second pair and a certificate take on a key (bytes), as PKCS#11 objects: generous, for keys with 32 KB. */
function roomFor(keyType: string, certificate: number): { open: number; closed: number } {
  const bits = /^RSA-(\d+)$/.exec(keyType)?.[1];
  const part = bits === undefined ? 100 : Number(bits) / 8;
  return { open: certificate + part + 900, closed: part * 5 + 700 };
}

/** Whether the key holds two pairs and makes the type that is wanted, asked before anything is paid. */
export async function roomChecks(
  tokens: TokensPeer,
  token: TokenId,
  keyType: string,
  certificateBytes: number,
): Promise<RenewalCheck[]> {
  if (!isPairType(keyType)) {
    return [unknown('space'), stop('key-type', 'renewal.key-type', { keyType })];
  }
  try {
    const { keyTypes, freePublic, freePrivate } = await tokens.canGenerate(token);
    const need = roomFor(keyType, certificateBytes);
    const full =
      (freePublic !== null && freePublic < need.open) || (freePrivate !== null && freePrivate < need.closed);
    const known = freePublic !== null || freePrivate !== null;
    return [
      full
        ? stop('space', 'renewal.key-full', { freePublic, freePrivate })
        : known
          ? ok('space')
          : unknown('space'),
      keyTypes.includes(keyType)
        ? ok('key-type', { keyType })
        : stop('key-type', 'renewal.key-type', { keyType }),
    ];
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
    return [unknown('space', error.code), stopped('key-type', error)];
  }
}

export interface CertificateQuestion {
  facts: CertificateFacts;
  hasPrivateKey: boolean | null;
  superseded: boolean;
  revocation: string;
  renewalDays: number;
  now: Date;
}

/** A day as it is written in lists, by this computer's calendar. */
function dayOf(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The certificate is one that can be renewed online, and its time has come. */
export function certificateChecks(question: CertificateQuestion): RenewalCheck[] {
  const { facts, now } = question;
  const end = facts.notAfter.getTime();
  const opens = new Date(end - question.renewalDays * day);
  const window = () => {
    if (now.getTime() > end) return stop('window', 'renewal.expired', { at: facts.notAfter.toISOString() });
    if (now < opens) return stop('window', 'authority.window-not-open', { from: dayOf(opens) });
    return ok('window', { from: opens.toISOString(), until: facts.notAfter.toISOString() });
  };
  const certificate = () => {
    if (now.getTime() > end)
      return stop('certificate', 'renewal.expired', { at: facts.notAfter.toISOString() });
    if (question.superseded) return stop('certificate', 'renewal.superseded');
    if (question.hasPrivateKey === false) return stop('certificate', 'certificate.no-private-key');
    if (question.revocation === 'revoked') return stop('certificate', 'authority.certificate-revoked');
    return ok('certificate');
  };
  return [certificate(), window()];
}

/** The authority's clock and this computer's. */
export function clockCheck(authority: FoundAuthority, now: Date): RenewalCheck {
  if (!authority.time) return unknown('clock');
  const seconds = Math.round((now.getTime() - authority.time.getTime()) / 1000);
  return Math.abs(seconds) * 1000 > CLOCKS
    ? stop('clock', 'authority.clock-off', { minutes: Math.round(Math.abs(seconds) / 60) })
    : ok('clock', { seconds });
}

export const authorityCheck = (authority: FoundAuthority): RenewalCheck =>
  ok('authority', { name: authority.name, orders: authority.catalogue !== null });
export const orderCheck = (): RenewalCheck => ok('order');
