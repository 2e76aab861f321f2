import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { creditCodeOf } from './credit-code.ts';
import { dumpDer } from './dump.ts';
import type { CertificateFacts } from './parse.ts';
import { shippedRoots } from './shipped-roots.ts';
import { parsePemCertificates } from './trust.ts';
import { readTrustList, TrustList, trustListMessage } from './trust-list.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'yinkey-trust-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const release = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = release.publicKey.export({ type: 'spki', format: 'der' });
let one: CertificateFacts;
let two: CertificateFacts;

function made(name: string): CertificateFacts {
  const file = path.join(folder, `${name}.pem`);
  const subject = `/CN=${name}/O=Unit ${name}/organizationIdentifier=NTRCN-91350211M000100Y46`;
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', path.join(folder, `${name}.key`), '-out', file];
  execFileSync('openssl', ['req', '-x509', ...curve, ...files, '-subj', subject], { stdio: 'pipe' });
  return parsePemCertificates(readFileSync(file))[0] as CertificateFacts;
}
beforeAll(() => {
  one = made('One');
  two = made('Two');
});

function list(version: number, roots: CertificateFacts[], by = release.privateKey): string {
  const body = {
    version,
    issued: '2026-11-22T00:00:00.000Z',
    roots: roots.map(({ der }) => Buffer.from(der).toString('base64')),
  };
  return JSON.stringify({
    ...body,
    signature: sign('sha256', trustListMessage(body), by).toString('base64'),
  });
}

describe('the shipped list', () => {
  it('of this release is signed with its key', () => {
    expect(readTrustList(shippedRoots.text, shippedRoots.key)).toEqual({ version: 1, roots: [] });
  });

  it('is refused when it is changed, signed by another, or no list', () => {
    expect(readTrustList(list(3, [one]), key).roots[0]?.sha256).toBe(one.sha256);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    for (const text of [list(3, [one], other), list(3, [one]).replace('"version":3', '"version":4')]) {
      expect(() => readTrustList(text, key)).toThrow(
        expect.objectContaining({ code: 'trust.list-unproven' }),
      );
    }
    for (const text of ['', '{}', '[]', 'null']) {
      expect(() => readTrustList(text, key)).toThrow(expect.objectContaining({ code: 'trust.unreadable' }));
    }
  });

  it('is replaced by a newer one that is signed, and by nothing else', async () => {
    const place = path.join(folder, 'updates');
    const trust = new TrustList({ folder: place, shipped: { text: list(2, [one]), key } });
    expect((await trust.roots()).map(({ sha256 }) => sha256)).toEqual([one.sha256]);
    expect(await trust.update(list(2, [two]))).toEqual({ version: 2, taken: false });
    expect(await trust.update(list(5, [two]))).toEqual({ version: 5, taken: true });
    expect((await trust.anchors()).map(({ facts, source }) => [facts.sha256, source])).toEqual([
      [two.sha256, 'shipped'],
    ]);
    const told: string[] = [];
    writeFileSync(path.join(place, 'trust-list.json'), list(9, []).replace('"version":9', '"version":8'));
    const careful = new TrustList({
      folder: place,
      shipped: { text: list(2, [one]), key },
      unreadable: (name) => told.push(name),
    });
    expect((await careful.roots()).map(({ sha256 }) => sha256)).toEqual([one.sha256]);
    expect(told).toEqual(['trust-list.json']);
  });
});

describe('roots of the user’s own', () => {
  it('are added, shown once, and removed without touching others in the same file', async () => {
    const place = path.join(folder, 'own');
    const trust = new TrustList({ folder: place, practice: path.join(folder, 'Two.pem') });
    await trust.add(one);
    await trust.add(one);
    await trust.add(two);
    const listed = async () =>
      (await trust.anchors()).map(({ facts, source }) => `${facts.subject.commonName} ${source}`).sort();
    expect(await listed()).toEqual(['One own', 'Two own']);
    const both = readdirSync(place).map((name) => readFileSync(path.join(place, name), 'utf8'));
    for (const name of readdirSync(place)) rmSync(path.join(place, name));
    writeFileSync(path.join(place, 'both.crt'), both.join('\n'));
    await trust.remove(one.sha256);
    expect(await listed()).toEqual(['Two own']);
    await trust.remove(two.sha256);
    // The practice world's is not the user's to remove.
    expect(await listed()).toEqual(['Two practice']);
    await expect(trust.remove(two.sha256)).rejects.toMatchObject({ code: 'trust.not-own' });
  });
});

describe('what a certificate says besides', () => {
  it('is the unit’s credit code, checked', () => {
    expect(creditCodeOf(one.subject)).toEqual({ value: '91350211M000100Y46', valid: true });
    const inName = (value: string) =>
      creditCodeOf({ ...one.subject, attributes: [{ type: '2.5.4.10', value }] });
    expect(inName('91350211M000100Y47')).toEqual({ value: '91350211M000100Y47', valid: false });
    expect(inName('Unit 91350211M000100Y46')).toMatchObject({ valid: true });
    expect(inName('Unit')).toBeNull();
    expect(inName('A91350211M000100Y46B')).toBeNull();
  });

  it('is its structure, a line for each element, whatever it holds', () => {
    const lines = dumpDer(one.der);
    expect(lines[0]).toBe('sequence');
    expect(lines.join('\n')).toMatch(/ecdsaWithSha256/);
    expect(dumpDer(one.der.subarray(0, 40))).toEqual(['...']);
  });
});
