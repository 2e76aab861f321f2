import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { issue, makeToken, type PracticeWorld, practiceUp } from '../../../softhsm-fixtures/index.ts';
import type { CertificateStatus, RenewalView, TokenId } from '../../shared/domain/index.ts';
import { type Port, portPair } from '../../shared/hosts/index.ts';
import { AuditLog } from '../audit/index.ts';
import { type CertificateFacts, parsePemCertificates } from '../certificates/index.ts';
import { hashModule } from '../pkcs11/module-file.ts';
import { people, tokenHosts } from '../pkcs11/test-driver/host.ts';
import { TokenService } from '../pkcs11/token-service.ts';
import { openStore, type Store } from '../store/index.ts';
import { dueReminders, Holdings, pemOf, unchecked } from './index.ts';

let folder: string;
let world: PracticeWorld;
let store: Store;
let audit: AuditLog;
let tokens: TokenService;
let holdings: Holdings;
let root: CertificateFacts;
let now = new Date();
const superseded = new Set<string>();
const open: RenewalView[] = [];
const asked: string[][] = [];
const good: CertificateStatus = { ...unchecked, revocation: 'good', source: 'ocsp', chain: 'trusted' };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-holdings-'));
  world = await practiceUp(join(folder, 'world'));
  [root] = parsePemCertificates(execFileSync('cat', [world.trust])) as [CertificateFacts];
  ({ store } = await openStore({ file: join(folder, 'store.db') }));
  audit = new AuditLog(store.audit);
  const agreed = [{ path: world.module, sha256: await hashModule(world.module) }];
  tokens = new TokenService({
    spawn: tokenHosts(world, {}),
    ledger: { list: () => agreed, agree: () => {}, forget: () => {} },
    known: [],
    now: () => now,
  });
  holdings = new Holdings({
    tokens,
    seen: store.certificates,
    audit,
    status: {
      check: async (chain) => {
        asked.push(chain.map(({ sha256 }) => sha256));
        return good;
      },
    },
    roots: async () => [root],
    renewals: { superseded: () => superseded, open: () => open },
    now: () => now,
  });
  await tokens.refresh();
}, 120_000);
afterAll(async () => {
  await tokens?.stop();
  store?.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  now = new Date();
  superseded.clear();
});

const the = (token: { serial: string; label: string }): TokenId => ({
  module: world.module,
  serial: token.serial,
  label: token.label,
});
function pin(...pins: string[]): { pinPort: Port } {
  const person = people({ pin: pins });
  const [mine, given] = portPair();
  mine.onMessage((message) => {
    const answer = person(message as never);
    if (answer === 'close') mine.close();
    else if (answer) mine.post(answer);
  });
  return { pinPort: given };
}

describe('the certificates that the user holds', () => {
  it('are those on the keys that are here, with what the authorities say once they were asked', async () => {
    const cards = holdings.cards();
    expect(cards.map(({ certificate }) => certificate.sha256).sort()).toEqual(
      world.certificates.map(({ sha256 }) => sha256).sort(),
    );
    expect(cards[0]).toMatchObject({
      plugged: true,
      pinState: 'ok',
      token: the(world.token),
      status: unchecked,
      superseded: false,
      renewal: null,
    });
    const end = Date.parse(cards[0]!.certificate.notAfter);
    expect(end - Date.parse(cards[0]!.renewalFrom)).toBe(90 * 86_400_000);
    const after = await holdings.refresh(null, false);
    expect(after.every(({ status }) => status.revocation === 'good')).toBe(true);
    expect(asked).toHaveLength(world.certificates.length);
    expect(asked[0]).toEqual([expect.any(String), expect.any(String), root.sha256]);
  });

  it('stay known when their key is gone, until they are taken off the list', async () => {
    const token = await makeToken(world, { label: '会走的盘' });
    const { sha256 } = await issue(world, { token: token as never, label: '合同专用章', keyType: 'EC-P256' });
    await tokens.refresh();
    expect(holdings.cards().some((card) => card.certificate.sha256 === sha256)).toBe(true);
    expect(() => holdings.forget(sha256)).toThrow(expect.objectContaining({ code: 'request.refused' }));
    const away = new Holdings({
      tokens: { ...tokens, snapshot: () => ({ ...tokens.snapshot(), revision: -2, keys: [] }) } as never,
      seen: store.certificates,
      audit,
      status: { check: async () => good },
      roots: async () => [root],
      renewals: { superseded: () => superseded, open: () => open },
    });
    const card = away.cards().find(({ certificate }) => certificate.sha256 === sha256);
    expect(card).toMatchObject({ plugged: false, token: { label: '会走的盘' } });
    expect(card!.certificate.hasPrivateKey).toBeNull();
    expect(away.forget(sha256).some(({ certificate }) => certificate.sha256 === sha256)).toBe(false);
  });

  it('tell everything on request, and are exported as others can read them', async () => {
    const [{ certificate }] = holdings.cards() as [ReturnType<Holdings['cards']>[number]];
    const detail = await holdings.detail(certificate.sha256);
    expect(detail.creditCode).toMatchObject({ valid: true });
    expect(detail.chain.at(-1)).toMatchObject({ sha256: root.sha256, trusted: true });
    expect(detail.keyUsage).toContain('digitalSignature');
    expect(detail.raw.length).toBeGreaterThan(30);
    const file = join(folder, 'chain.pem');
    writeFileSync(file, pemOf(await holdings.chain(certificate.sha256)));
    const said = execFileSync('openssl', ['verify', '-CAfile', world.trust, '-untrusted', file, file]);
    expect(said.toString()).toContain('OK');
    await expect(holdings.detail('0'.repeat(64))).rejects.toMatchObject({ code: 'certificate.not-found' });
  });
});

describe('an issued certificate', () => {
  it('is removed only by its typed serial number, and imported only beside its own key', async () => {
    const token = await makeToken(world, { label: '导入' });
    const made = await issue(world, { token: token as never, label: '财务专用章', keyType: 'EC-P256' });
    const other = await issue(world, { token: token as never, label: '公章', keyType: 'EC-P256' });
    await tokens.refresh();
    const id = the(token);
    holdings.cards();
    const facts = (await holdings.chain(made.sha256))[0]!;
    const serial = facts.serialNumber;
    expect(() => holdings.checkSerial(made.sha256, `${serial}0`)).toThrow(
      expect.objectContaining({ code: 'certificate.serial-mismatch' }),
    );
    await holdings.import(id, facts, pin(token.pin!));
    const spaced = serial.toUpperCase().replace(/(..)(?!$)/g, '$1:');
    await holdings.remove(id, made.sha256, spaced, pin(token.pin!));
    await tokens.refresh();
    const left = holdings.cards().filter(({ token: on }) => on.serial === token.serial);
    expect(left.map(({ certificate }) => certificate.sha256)).toEqual([other.sha256]);
    await expect(holdings.import(id, facts, pin(token.pin!))).rejects.toMatchObject({
      code: 'certificate.no-key-on-token',
    });
    expect(audit.list().slice(0, 3)).toMatchObject([
      { act: 'certificate.import', result: 'certificate.no-key-on-token' },
      { act: 'certificate.remove', result: 'ok', token: { serial: token.serial } },
      { act: 'certificate.import', result: 'ok', certificateSha256: made.sha256 },
    ]);
  });
});

describe('reminders', () => {
  it('begin with the window, grow more urgent, and end with the renewal', () => {
    const [card] = holdings.cards() as [ReturnType<Holdings['cards']>[number]];
    const end = Date.parse(card.certificate.notAfter);
    const at = (days: number) => {
      now = new Date(end - days * 86_400_000 - 3_600_000);
      const daysLeft = Math.floor((end - now.getTime()) / 86_400_000);
      return dueReminders([{ ...card, certificate: { ...card.certificate, daysLeft } }], now).map(
        ({ urgency }) => urgency,
      );
    };
    expect([91, 89, 31, 30, 1, 0, -1, -31].map((days) => at(days)[0])).toEqual([
      undefined,
      'due',
      'due',
      'soon',
      'soon',
      'last-day',
      'expired',
      undefined,
    ]);
    now = new Date(end - 10 * 86_400_000);
    const soon = { ...card, certificate: { ...card.certificate, daysLeft: 10 } };
    expect(dueReminders([{ ...soon, superseded: true }], now)).toEqual([]);
    expect(dueReminders([{ ...soon, renewal: 'x' }], now)).toEqual([]);
    expect(dueReminders([{ ...soon, certificate: { ...soon.certificate, isCa: true } }], now)).toEqual([]);
  });
});
