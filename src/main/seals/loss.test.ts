import { generateKeyPairSync } from 'node:crypto';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LossReceipt, LossRequest } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { AuditLog } from '../audit/index.ts';
import { type CertificateFacts, parseCertificate } from '../certificates/index.ts';
import { FakeIssuer, FakeKey, noPort } from '../renewal/test-driver/fakes.ts';
import { migrations } from '../store/migrations/index.ts';
import { AuditRowsRepository } from '../store/repositories.ts';
import { StatusCacheRepository } from '../store/status-cache.ts';
import { Losses, type LossReport, type LossTools } from './loss.ts';

const day = 86_400_000;
const api = 'http://authority.example/api';
const now = new Date('2026-11-22T08:00:00.000Z');

let database: Sqlite;
let audit: AuditLog;
let status: StatusCacheRepository;
let issuer: FakeIssuer;
let key: FakeKey;
let lost: CertificateFacts;
let own: CertificateFacts;
let asked: string[];
let sent: { request: LossRequest; signer: CertificateFacts | null }[];
let refusal: YinkeyError | null;

beforeEach(() => {
  database = new Sqlite(':memory:');
  for (const step of migrations) database.exec(step);
  audit = new AuditLog(new AuditRowsRepository(database));
  status = new StatusCacheRepository(database);
  issuer = new FakeIssuer(now);
  key = new FakeKey();
  const made = (ckaId: string) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const spki = key.add(ckaId, '公章', privateKey);
    const der = issuer.issue(spki, { notBefore: now, notAfter: new Date(now.getTime() + 100 * day) });
    return parseCertificate(der);
  };
  lost = made('01');
  own = made('02');
  key.certificates.push({ ckaId: '02', label: '公章', der: own.der });
  asked = [];
  sent = [];
  refusal = null;
});
afterEach(() => database.close());

const receipt = (): LossReceipt => ({
  number: 'GS-1',
  at: '2026-11-22T08:00:00.000Z',
  authority: '发证机构',
  certificate: { sha256: lost.sha256, serialNumber: lost.serialNumber, holder: '公章' },
  unit: '中心',
  reason: 'lost',
  reporter: '李',
  seals: [{ id: '11000000000001', name: '中心公章' }],
});

function losses(more: Partial<LossTools> = {}): Losses {
  return new Losses({
    tokens: key,
    maker: () => ({
      reportLoss: async (request, signer) => {
        await signer?.sign(new Uint8Array([1]));
        sent.push({ request, signer: signer && parseCertificate(signer.certificate) });
        if (refusal) throw refusal;
        return receipt();
      },
    }),
    audit,
    status,
    chain: async () => [lost, issuer.root],
    keyOf: () => ({ serial: '0022', label: '丢失的盘' }),
    ask: async (sha256) => void asked.push(sha256),
    now: () => now,
    ...more,
  });
}
const report = (more: Partial<LossReport>): LossReport => ({
  certificate: lost.sha256,
  reason: 'stolen',
  reporter: '李',
  signer: { token: key.token, certificate: own.sha256 },
  account: null,
  ...more,
});
const account = { creditCode: '91350211M000100Y46', handler: '王', reference: 'XQ1' };
const pin = () => ({ pinPort: noPort() });
const never = (): never => {
  throw new Error('no PIN is needed');
};

describe('a lost key', () => {
  test('is reported with another key: signed by it, once, and known as revoked from then on', async () => {
    const done = await losses().report(report({}), api, pin);
    expect(done.number).toBe('GS-1');
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      request: { certificateSha256: lost.sha256, reason: 'stolen', reporter: '李', account: null },
      signer: { sha256: own.sha256 },
    });
    expect(key.asked).toBe(1);
    expect(asked).toEqual([lost.sha256]);
    expect(status.revocation(lost.sha256)).toEqual({ at: now, reason: 'keyCompromise' });
    expect(audit.list()[0]).toMatchObject({
      act: 'loss.report',
      subject: 'GS-1 stolen 李',
      token: { serial: '0022', label: '丢失的盘' },
      certificateSha256: lost.sha256,
      seal: { id: '11000000000001', sha256: null },
      result: 'ok',
    });
  });

  test('is reported with account data: no key is asked', async () => {
    await losses().report(report({ signer: null, account, reason: 'broken' }), api, never);
    expect(sent).toMatchObject([{ request: { account }, signer: null }]);
    expect(key.asked).toBe(0);
    expect(status.revocation(lost.sha256)?.reason).toBe('cessationOfOperation');
  });

  test('what the authority itself says of it counts more than the receipt', async () => {
    const at = '2026-11-22T07:59:00.000Z';
    const ask = async () =>
      status.keep(lost.sha256, issuer.root.sha256, now, {
        revocation: 'revoked',
        source: 'ocsp',
        producedAt: at,
        validUntil: at,
        revokedAt: at,
        reason: 'keyCompromise',
        ocsp: new Uint8Array([1]),
        crl: null,
      });
    await losses({ ask }).report(report({}), api, pin);
    expect(status.find(lost.sha256)?.answer).toMatchObject({ source: 'ocsp', revokedAt: at });
  });

  test('nobody can be asked afterwards: the report stands, and is known here', async () => {
    const ask = async () => {
      throw new YinkeyError('authority.unreachable', { host: 'x', reason: 'down' });
    };
    await losses({ ask }).report(report({}), api, pin);
    expect(status.revocation(lost.sha256)).toBeDefined();
  });

  test('one that was never seen here can be reported too', async () => {
    const chain = async () => {
      throw new YinkeyError('certificate.not-found', { id: 'x' });
    };
    await losses({ chain, keyOf: () => null }).report(report({ signer: null, account }), api, never);
    expect(audit.list()[0]).toMatchObject({ token: null, result: 'ok' });
  });
});

describe('a report that is not taken', () => {
  test.each([
    ['nobody shows who reports', () => report({ signer: null }), 'loss.no-proof'],
    [
      'the lost key itself signs',
      () => report({ signer: { token: key.token, certificate: lost.sha256 } }),
      'loss.same-key',
    ],
    [
      'the certificate that signs is not there',
      () => report({ signer: { token: key.token, certificate: 'ff'.repeat(32) } }),
      'certificate.not-found',
    ],
  ] as const)('%s: nothing is sent', async (_what, made, code) => {
    await expect(losses().report(made(), api, pin)).rejects.toMatchObject({ code });
    expect(sent).toEqual([]);
    expect(key.asked).toBe(0);
  });

  test('refused: told as a report, and written down; nothing is known as revoked', async () => {
    refusal = new YinkeyError('seal.refused-by-maker', { reason: '登记的不一致。' });
    const made = report({ signer: null, account });
    await expect(losses().report(made, api, never)).rejects.toMatchObject({
      code: 'loss.refused',
      details: { reason: '登记的不一致。' },
    });
    expect(audit.list()[0]).toMatchObject({ act: 'loss.report', result: 'loss.refused' });
    expect(status.revocation(lost.sha256)).toBeUndefined();
  });

  test('revoked before: this client hears of it', async () => {
    refusal = new YinkeyError('authority.certificate-revoked');
    await expect(losses().report(report({}), api, pin)).rejects.toMatchObject({
      code: 'loss.already-revoked',
    });
    expect(asked).toEqual([lost.sha256]);
  });

  test('the key is pulled while it signs: the act ends, and the report can be made again', async () => {
    const pulled = losses({
      maker: () => ({
        reportLoss: async (_request, signer) => {
          key.pull();
          await signer?.sign(new Uint8Array([1]));
          return receipt();
        },
      }),
    });
    await expect(pulled.report(report({}), api, pin)).rejects.toMatchObject({ code: 'token.removed' });
    key.plugged = true;
    await losses().report(report({}), api, pin);
    expect(audit.list().map(({ result }) => result)).toEqual(['ok', 'token.removed']);
  });
});
