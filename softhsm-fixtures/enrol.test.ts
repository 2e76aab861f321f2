import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseCertificate } from '../src/main/certificates/index.ts';
import { toPem } from './authority/certificate.ts';
import { openAuthorityDatabase } from './authority/database.ts';
import { type RunningAuthority, startAuthority } from './authority/index.ts';
import { Enrolments } from './authority/orders-enrolment.ts';
import { withDriver } from './driver.ts';
import { enrolPracticeKey, type PracticeWorld, practiceUp, seedKeys } from './index.ts';
import { readSeeds, writeSeeds } from './seed.ts';

const dir = mkdtempSync(join(tmpdir(), 'enrol-'));
let world: PracticeWorld;
let authority: RunningAuthority;

beforeAll(async () => {
  world = await practiceUp(dir);
  authority = await startAuthority({ dir });
});
afterAll(async () => {
  await authority.close();
  rmSync(dir, { recursive: true, force: true });
});

const look = (token: { serial: string; pin: string }) =>
  withDriver(world.module, world.env.SOFTHSM2_CONF, (driver) => driver.content(token.serial, token.pin));

it('a key handed out blank gets its certificate at the counter; it goes on where it was cut off, and is found again', async () => {
  const before = authority.certificates().length;
  authority.knobs.loseResponse = 1;
  await expect(enrolPracticeKey(world, authority.url)).rejects.toMatchObject({ code: 'practice.failed' });
  expect(authority.certificates()).toHaveLength(before + 1);
  const enrolled = await enrolPracticeKey(world, authority.url);

  const facts = parseCertificate(enrolled.der);
  expect(facts.keyType).toBe('EC-P256');
  expect(facts.subject).toMatchObject({
    organization: enrolled.unit,
    organizationIdentifier: `NTRCN-${enrolled.creditCode}`,
  });
  const content = await look(enrolled.token);
  expect(content.privateKeys).toHaveLength(1);
  const own = content.certificates.find(({ keyId }) => keyId === content.privateKeys[0]);
  expect(own?.label).toBe('公章');
  expect(parseCertificate(own!.der).sha256).toBe(facts.sha256);

  const path = join(dir, 'enrolled.pem');
  writeFileSync(path, toPem(enrolled.der));
  const verify = ['verify', '-x509_strict', '-CAfile', world.trust, '-untrusted', world.issuing, path];
  expect(execFileSync('openssl', verify).toString()).toContain('OK');

  expect(authority.certificates()).toHaveLength(before + 1);
  const database = await openAuthorityDatabase(join(dir, 'authority', 'authority.db'));
  const stored = database.certificateBySha256(facts.sha256);
  const { reference } = readSeeds(dir).enrolment!;
  const enrolment = new Enrolments({ database, now: () => new Date() }).find(reference);
  database.close();
  // 'good' over CMP: its holder has confirmed it.
  expect(stored).toMatchObject({ state: 'good', profile: 'unit', orderId: null });
  expect(enrolment?.usedBy).toBe(stored?.transactionId);

  await seedKeys(world, ['1']);
  const noted = readFileSync(join(dir, 'seeds.json'), 'utf8');
  expect(await enrolPracticeKey(world, authority.url)).toEqual(enrolled);
  expect(authority.certificates()).toHaveLength(before + 2);
  expect((await look(enrolled.token)).privateKeys).toEqual(content.privateKeys);
  expect(readFileSync(join(dir, 'seeds.json'), 'utf8')).toBe(noted);
  expect(readFileSync(join(dir, 'PIN.txt'), 'utf8')).toContain(enrolled.token.pin);
  if (process.platform !== 'win32') expect(statSync(join(dir, 'seeds.json')).mode & 0o777).toBe(0o600);
});

it('a secret code that is good for nothing any more is given back, and another one asked for', async () => {
  const { tokens, enrolment, ...seeds } = readSeeds(dir);
  const lost = Object.values(tokens).find(({ label }) => label.includes('06'))!;
  delete tokens[lost.label];
  writeSeeds(dir, { ...seeds, tokens });
  authority.knobs.refuse = { text: 'closed today', failInfo: 'systemUnavail' };
  await expect(enrolPracticeKey(world, authority.url)).rejects.toMatchObject({ code: 'practice.failed' });
  authority.knobs.refuse = null;
  const cut = readSeeds(dir);
  expect(cut.enrolment?.reference).not.toBe(enrolment?.reference);
  writeSeeds(dir, { ...cut, enrolment: { ...cut.enrolment!, secret: 'AAAA-BBBB-CCCC-DDDD' } });
  const before = authority.certificates().length;
  const enrolled = await enrolPracticeKey(world, authority.url);
  expect(enrolled.token.serial).not.toBe(lost.serial);
  expect(readSeeds(dir).enrolment?.reference).not.toBe(cut.enrolment?.reference);
  expect(authority.certificates()).toHaveLength(before + 1);
  const { privateKeys, certificates } = await look(enrolled.token);
  expect(privateKeys).toHaveLength(1);
  expect(certificates.filter(({ keyId }) => keyId === privateKeys[0])).toHaveLength(1);
});
