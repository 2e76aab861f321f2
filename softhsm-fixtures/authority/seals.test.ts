import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate } from '../../src/main/certificates/index.ts';
import { lookUpSeal, readSeal, verifySeal } from '../../src/main/seals/ses/index.ts';
import type { SealRequest } from '../../src/shared/domain/seal-making.ts';
import { sealMakingLimits } from '../../src/shared/domain/seal-making.ts';
import { noteSeal } from './practice-seals.ts';
import { type SealHolder, sealTestbed } from './seals-testbed.ts';

// The practice seal maker over HTTP: what the client's own code asks, really signed, and every request that is refused.

let bed: Awaited<ReturnType<typeof sealTestbed>>;
beforeAll(async () => {
  bed = await sealTestbed();
});
afterEach(() => bed.calm());
afterAll(() => bed.close());

const stateOf = (sealId: string | null) => bed.authority.seals().find(({ id }) => id === sealId)?.state;
const refused = (code: string, details: object = {}) => expect.objectContaining({ code, ...details });

/** What came of work whose answer is lost twice, and that is done again. */
async function thirdTime<T>(work: () => Promise<T>): Promise<T> {
  for (let times = 0; times < 2; times += 1) {
    bed.authority.knobs.loseSealAnswer = 1;
    await expect(work()).rejects.toMatchObject({ code: 'authority.unreachable' });
    expect(bed.authority.knobs.loseSealAnswer).toBe(0);
  }
  return work();
}

describe('an application from the first word to the key', () => {
  it('is reviewed, approved, fetched in three forms, and bound', async () => {
    const who = await bed.holder();
    const before = (await bed.statusList()).number;
    const sent = await bed.apply(who);
    expect(sent).toMatchObject({
      state: 'review',
      name: '公章',
      kind: 'official',
      sealId: null,
      certificateSha256: who.sha256,
      reviewUrl: `${bed.authority.url}/seals/${sent.id}`,
    });
    await expect(bed.client.seal(sent.id, 'full')).rejects.toEqual(refused('seal.application-state'));
    bed.authority.approveSeal(sent.id);
    expect(() => bed.authority.approveSeal(sent.id)).toThrow('approved');
    const approved = await bed.client.read(sent.id);
    expect(approved).toMatchObject({ state: 'approved', sealId: expect.stringMatching(/^530199\d{8}$/) });

    for (const form of ['full', 'digests', 'small'] as const) {
      const bytes = await bed.client.seal(sent.id, form);
      expect(await bed.client.seal(sent.id, form)).toEqual(bytes);
      const { verification } = await verifySeal(bytes, {
        ...{ roots: bed.roots, pool: bed.pool, at: bed.now(), certificate: who.facts },
        picture: async () => ({ widthPx: 1, heightPx: 1 }),
      });
      expect(verification, form).toMatchObject({ verdict: 'valid' });
      const { id, name, validUntil, picture } = readSeal(bytes);
      expect({ id, name, validUntil }).toEqual({
        ...{ id: approved.sealId, name: '公章' },
        validUntil: who.facts.notAfter,
      });
      expect(Buffer.from(picture.data)).toEqual(form === 'small' ? bed.png.small : bed.png.large);
    }
    const done = await bed.bind(who, approved, 'digests');
    expect(done).toMatchObject({ state: 'bound', history: { length: 3 } });
    expect(await bed.bind(who, approved, 'digests')).toEqual(done);
    const list = await bed.statusList();
    expect(list.number).toBeGreaterThan(before);
    const createdAt = readSeal(await bed.client.seal(sent.id, 'full')).createdAt;
    expect(lookUpSeal(list, { id: done.sealId!, createdAt }, bed.now())).toMatchObject({
      ...{ state: 'normal', stale: false },
    });
  });

  it('is approved at once where nobody reviews', async () => {
    bed.authority.knobs.reviewSeals = false;
    expect(await bed.apply(await bed.holder())).toMatchObject({ state: 'approved' });
  });

  it('every answer may be lost twice: nothing is made twice', async () => {
    const who = await bed.holder();
    const [request, key] = [bed.request(who), bed.newKey()];
    const before = bed.authority.sealApplications().length;
    const sent = await thirdTime(() => bed.client.apply(request, who, key));
    expect(bed.authority.sealApplications().length).toBe(before + 1);
    bed.authority.approveSeal(sent.id);
    const bytes = await thirdTime(() => bed.client.seal(sent.id, 'full'));
    const told = { form: 'full', sealSha256: bed.digest(bytes) } as const;
    const done = await thirdTime(() => bed.client.bound(sent.id, told, who));
    expect(done.history.map(({ what }) => what)).toEqual(['review', 'approved', 'bound']);
    const other = await bed.holder();
    const { id } = await bed.apply(other);
    expect((await thirdTime(() => bed.client.withdraw(id, other))).history.map(({ what }) => what)).toEqual([
      'review',
      'withdrawn',
    ]);
  });

  it('is refused with a reason; the next one is free', async () => {
    const who = await bed.holder();
    const first = await bed.apply(who);
    bed.authority.refuseSeal(first.id, '印模不清晰');
    expect(await bed.client.read(first.id)).toMatchObject({ state: 'refused', reason: '印模不清晰' });
    for (const act of [() => bed.client.seal(first.id, 'full'), () => bed.client.withdraw(first.id, who)])
      await expect(act()).rejects.toEqual(refused('seal.application-state'));
    expect(await bed.apply(who)).toMatchObject({ state: 'review' });
  });

  it('is withdrawn before it is bound, and its seal with it', async () => {
    const who = await bed.holder();
    const { id } = await bed.apply(who);
    bed.authority.approveSeal(id);
    const { sealId } = await bed.client.withdraw(id, who);
    expect(stateOf(sealId)).toBe('cancelled');
    expect(await bed.client.read(id)).toMatchObject({ state: 'withdrawn', reason: '' });
    await expect(bed.client.seal(id, 'full')).rejects.toEqual(refused('seal.application-state'));
    const bound = await bed.bound(who);
    await expect(bed.client.withdraw(bound.id, who)).rejects.toEqual(refused('seal.application-state'));
  });

  it('is somebody else’s business only for who knows its id, and nobody’s to change', async () => {
    const who = await bed.holder();
    const stranger = await bed.holder();
    const { id } = await bed.apply(who);
    bed.authority.approveSeal(id);
    await expect(bed.client.withdraw(id, stranger)).rejects.toEqual(refused('seal.application-unknown'));
    await expect(bed.bind(stranger, await bed.client.read(id))).rejects.toEqual(
      refused('seal.application-unknown'),
    );
    await expect(bed.client.read('x'.repeat(24))).rejects.toEqual(refused('seal.application-unknown'));
    const other = { form: 'small', sealSha256: bed.digest(await bed.client.seal(id, 'full')) } as const;
    await expect(bed.client.bound(id, other, who)).rejects.toEqual(refused('authority.order-invalid'));
  });
});

describe('one certificate has one seal', () => {
  const taken = (name = '公章') => refused('seal.certificate-taken', { details: { name } });

  it('while one is asked for, made, or suspended; not when it was cancelled', async () => {
    const who = await bed.holder();
    const first = await bed.apply(who);
    await expect(bed.apply(who)).rejects.toEqual(taken());
    bed.authority.approveSeal(first.id);
    await expect(bed.apply(who)).rejects.toEqual(taken());
    const { sealId } = await bed.bind(who, first);
    await expect(bed.apply(who)).rejects.toEqual(taken());
    bed.authority.suspendSeal(sealId!);
    await expect(bed.apply(who)).rejects.toEqual(taken());
    bed.authority.cancelSeal(sealId!);
    expect(await bed.apply(who)).toMatchObject({ state: 'review' });
  });

  it('one idempotency key is one request', async () => {
    const who = await bed.holder();
    const key = bed.newKey();
    const first = await bed.client.apply(bed.request(who), who, key);
    const other = bed.request(who, { contact: '9999' });
    await expect(bed.client.apply(other, who, key)).rejects.toEqual(refused('authority.order-invalid'));
    // Both at once: one application.
    const second = await bed.holder();
    const both = [1, 2].map(() => bed.client.apply(bed.request(second), second, 'k'.repeat(32)));
    const [a, b] = await Promise.all(both);
    expect(a!.id).toBe(b!.id);
    expect(a!.id).not.toBe(first.id);
    const third = await bed.holder();
    const two = await Promise.allSettled([bed.apply(third), bed.apply(third)]);
    expect(two.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('a new one takes the place of the old one when it is bound, and not before', async () => {
    const who = await bed.holder();
    const old = await bed.bound(who);
    const { id } = await bed.apply(who, { replaces: old.sealId, administrator: '赵新' });
    bed.authority.approveSeal(id);
    expect(stateOf(old.sealId)).toBe('normal');
    const { sealId } = await bed.bind(who, await bed.client.read(id));
    expect([stateOf(old.sealId), stateOf(sealId)]).toEqual(['cancelled', 'normal']);
    await expect(bed.apply(who, { replaces: old.sealId })).rejects.toEqual(refused('seal.application-state'));
  });

  it('only a seal of the same unit that nobody stopped is replaced', async () => {
    const who = await bed.holder();
    const strangers = await bed.bound(await bed.holder());
    for (const replaces of [strangers.sealId, '53019999999999'])
      await expect(bed.apply(who, { replaces })).rejects.toEqual(refused('seal.application-unknown'));
    const own = await bed.bound(who);
    bed.authority.suspendSeal(own.sealId!);
    await expect(bed.apply(who, { replaces: own.sealId })).rejects.toEqual(
      refused('seal.application-state', { details: { state: 'suspended' } }),
    );
  });
});

describe('a request against the rules', () => {
  const measured = (change: Partial<SealRequest['measured']>): SealRequest['measured'] => ({
    ...{ shape: 'circle', widthMm: 42, heightMm: 42, rotation: 0, verdict: 'good', checks: [] },
    ...change,
  });
  /** Blank: few bytes, however many pixels. */
  const blank = async (side: number) => {
    const create = { width: side, height: side, channels: 3, background: '#fff' } as const;
    return (await sharp({ create }).png({ palette: true, colours: 2 }).toBuffer()).toString('base64');
  };

  it.each<[string, (who: SealHolder) => Partial<SealRequest> | Promise<Partial<SealRequest>>, string]>([
    ['another unit', () => ({ unit: '别的单位' }), '单位名称'],
    ['another credit code', () => ({ creditCode: '91110108551385082Q' }), '统一社会信用代码'],
    [
      'a wrong check character',
      (who) => ({
        creditCode: `${who.creditCode.slice(0, 17)}I`.replace('I', who.creditCode.endsWith('X') ? 'Y' : 'X'),
      }),
      '统一社会信用代码',
    ],
    ['not the seal of the certificate', () => ({ name: '财务专用章' }), '印章名称'],
    [
      '50 mm',
      () => ({ widthMm: 50, heightMm: 50, measured: measured({ widthMm: 50, heightMm: 50 }) }),
      '50 × 50',
    ],
    ['another size than was measured', () => ({ measured: measured({ widthMm: 40 }) }), '测得'],
    ['an impression that is unfit', () => ({ measured: measured({ verdict: 'refuse' }) }), '印模不合格'],
    ['two administrators', () => ({ administrator: '李明华、赵新' }), '管理员'],
    ['a picture that is none', () => ({ picture: Buffer.alloc(900, 7).toString('base64') }), 'PNG'],
    ['a JPEG as picture', () => ({ picture: bed.jpeg.toString('base64') }), 'PNG'],
    [
      'a picture cut short',
      () => ({ picture: bed.png.large.subarray(0, 600).toString('base64') }),
      '印模图片无法读取',
    ],
    [
      'a small picture cut short',
      () => ({ smallPicture: bed.png.small.subarray(0, 300).toString('base64') }),
      '印模小图无法读取',
    ],
    ['a picture of too many pixels', async () => ({ picture: await blank(2500) }), '印模图片无法读取'],
    ['a scan that is none', () => ({ scan: Buffer.from('%PDF-1.7').toString('base64') }), '扫描件不是'],
    ['a PNG as scan', () => ({ scan: bed.png.large.toString('base64') }), '扫描件不是'],
    [
      'a scan cut short',
      () => ({ scan: bed.jpeg.subarray(0, bed.jpeg.length - 400).toString('base64') }),
      '扫描件无法读取',
    ],
  ])('%s', async (_, change, reason) => {
    const who = await bed.holder();
    const work = bed.apply(who, await change(who));
    await expect(work).rejects.toMatchObject({ code: 'seal.refused-by-maker' });
    await expect(work).rejects.toMatchObject({ details: { reason: expect.stringContaining(reason) } });
    expect(await bed.apply(who)).toMatchObject({ state: 'review' });
  });

  it('a certificate that is revoked, expired, unknown or another’s', async () => {
    const gone = await bed.holder();
    bed.authority.certificates();
    bed.authority.revoke(gone.facts.serialNumber, 'keyCompromise');
    await expect(bed.apply(gone)).rejects.toEqual(refused('authority.certificate-revoked'));
    await expect(bed.apply(await bed.holder({ begins: -90, ends: -1 }))).rejects.toEqual(
      refused('authority.certificate-expired'),
    );
    await expect(bed.apply(await bed.holder({ noted: false }))).rejects.toEqual(
      refused('authority.certificate-unknown'),
    );
    const [who, other] = [await bed.holder(), await bed.holder()];
    await expect(bed.client.apply(bed.request(who), other, bed.newKey())).rejects.toEqual(
      refused('authority.signature-refused'),
    );
  });

  it('revoked or expired while it was looked at', async () => {
    const who = await bed.holder();
    const { id } = await bed.apply(who);
    bed.authority.revoke(who.facts.serialNumber);
    expect(await bed.client.read(id)).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('证书已吊销'),
    });
    expect(() => bed.authority.approveSeal(id)).toThrow('refused');
    const late = await bed.holder({ ends: 1 });
    const waiting = await bed.apply(late);
    bed.clock.ahead = 2 * 86_400_000;
    expect(() => bed.authority.approveSeal(waiting.id)).toThrow('expired');
  });

  it('unsigned, changed, of another shape, too large', async () => {
    const who = await bed.holder();
    const ask = async (
      body: unknown,
      signer: SealHolder | null,
      headers = { 'idempotency-key': bed.newKey() },
    ) => {
      const { status, body: answer } = await bed.raw('seals/applications', body, signer, headers);
      return [status, (answer as { code: string }).code];
    };
    const good = bed.request(who);
    expect(await ask(good, null)).toEqual([401, 'signature-missing']);
    expect(await ask({ ...good, name: 7 }, who)).toEqual([400, 'invalid']);
    expect(await ask('{', who)).toEqual([400, 'invalid']);
    expect(await ask(good, who, {} as never)).toEqual([400, 'invalid']);
    const heavy = Buffer.alloc(sealMakingLimits.pictureBytes + 3).toString('base64');
    expect(await ask({ ...good, picture: heavy }, who)).toEqual([400, 'invalid']);
    expect(await ask({ ...good, contact: 'x'.repeat(8 << 20) }, who)).toEqual([400, 'invalid']);
    const { status } = await bed.raw('seals/reissues', { fill: 'x'.repeat(20_000) }, who);
    expect(status).toBe(400);
    expect(await ask(good, who)).toEqual([200, undefined]);
  });

  it('takes a scan of 5 MB, and not one byte more', async () => {
    const who = await bed.holder();
    // What follows the picture's end is passed over by every decoder.
    const scan = (bytes: number) =>
      Buffer.concat([bed.jpeg, Buffer.alloc(bytes - bed.jpeg.length)]).toString('base64');
    const large = { ...bed.request(who), scan: scan(sealMakingLimits.scanBytes + 1) };
    const { status } = await bed.raw('seals/applications', large, who, { 'idempotency-key': bed.newKey() });
    expect(status).toBe(422);
    expect(await bed.apply(who, { scan: scan(sealMakingLimits.scanBytes) })).toMatchObject({
      state: 'review',
    });
  });
});

describe('the seal of a renewed certificate', () => {
  it('is made anew at once; the old one ends when the new one is bound', async () => {
    const who = await bed.holder();
    const old = await bed.bound(who);
    const next = await bed.renewed(who);
    const ask = {
      sealId: old.sealId!,
      oldCertificateSha256: who.sha256,
      certificateSha256: next.sha256,
    };
    const made = await thirdTime(() => bed.client.reissue(ask, next));
    expect(made).toMatchObject({ state: 'approved', name: '公章', certificateSha256: next.sha256 });
    expect(made.sealId).not.toBe(old.sealId);
    expect(await bed.client.reissue(ask, next)).toEqual(made);
    expect([stateOf(old.sealId), stateOf(made.sealId)]).toEqual(['normal', 'normal']);
    const seal = readSeal(await bed.client.seal(made.id, 'full'));
    expect(seal.validUntil).toEqual(next.facts.notAfter);
    expect(Buffer.from(seal.picture.data)).toEqual(bed.png.large);
    const done = await bed.bind(next, made);
    expect([stateOf(old.sealId), stateOf(made.sealId)]).toEqual(['cancelled', 'normal']);
    expect(await bed.client.reissue(ask, next)).toEqual(done);
    const again = await bed.renewed(next);
    const third = await bed.client.reissue(
      { sealId: done.sealId!, oldCertificateSha256: next.sha256, certificateSha256: again.sha256 },
      again,
    );
    expect(third.state).toBe('approved');
  });

  it('over two renewals of which the first never asked', async () => {
    const who = await bed.holder();
    const old = await bed.bound(who);
    const last = await bed.renewed(await bed.renewed(who));
    const ask = { sealId: old.sealId!, oldCertificateSha256: who.sha256, certificateSha256: last.sha256 };
    expect(await bed.client.reissue(ask, last)).toMatchObject({ state: 'approved' });
  });

  it('the old one ends with its certificate, though nobody told that the new one is bound', async () => {
    const who = await bed.holder({ begins: -360, ends: 10 });
    const old = await bed.bound(who);
    const next = await bed.renewed(who);
    const ask = { sealId: old.sealId!, oldCertificateSha256: who.sha256, certificateSha256: next.sha256 };
    const { sealId } = await bed.client.reissue(ask, next);
    bed.clock.ahead = 11 * 86_400_000;
    const { entries } = await bed.statusList();
    const entry = (id: string | null) => entries.find((one) => one.id === id);
    expect(entry(old.sealId)).toEqual({ id: old.sealId, state: 'cancelled', since: who.facts.notAfter });
    expect(entry(sealId)?.state).toBe('normal');
  });

  it('is not made for any other certificate, nor of a seal that was stopped', async () => {
    const who = await bed.holder();
    const old = await bed.bound(who);
    const ask = (signer: SealHolder, change = {}) =>
      bed.client.reissue(
        {
          sealId: old.sealId!,
          oldCertificateSha256: who.sha256,
          certificateSha256: signer.sha256,
          ...change,
        },
        signer,
      );
    // Same name, and yet not come of it by kur.
    await expect(ask(await bed.holder({ of: who }))).rejects.toEqual(refused('seal.refused-by-maker'));
    await expect(ask(await bed.holder())).rejects.toEqual(refused('seal.refused-by-maker'));
    const next = await bed.renewed(who);
    await expect(ask(next, { sealId: '53019912345678' })).rejects.toEqual(
      refused('seal.application-unknown'),
    );
    await expect(ask(next, { oldCertificateSha256: next.sha256 })).rejects.toEqual(
      refused('seal.application-unknown'),
    );
    await expect(
      bed.client.reissue(
        { sealId: old.sealId!, oldCertificateSha256: who.sha256, certificateSha256: next.sha256 },
        who,
      ),
    ).rejects.toEqual(refused('authority.signature-refused'));
    bed.authority.suspendSeal(old.sealId!);
    await expect(ask(next)).rejects.toEqual(refused('seal.application-state'));
    bed.authority.resumeSeal(old.sealId!);
    const own = await bed.apply(next);
    await expect(ask(next)).rejects.toEqual(refused('seal.certificate-taken'));
    await bed.client.withdraw(own.id, next);
    expect(await ask(next)).toMatchObject({ state: 'approved' });
  });
});

describe('which seals hold today', () => {
  it('the list grows with every change and not without one, and tells since when', async () => {
    const { sealId } = await bed.bound(await bed.holder());
    const first = await bed.statusList();
    expect((await bed.statusList()).number).toBe(first.number);
    bed.authority.suspendSeal(sealId!);
    const entry = async () => {
      const { entries, number } = await bed.statusList();
      return { number, ...entries.find(({ id }) => id === sealId)! };
    };
    expect(await entry()).toMatchObject({ number: first.number + 1, state: 'suspended' });
    bed.authority.suspendSeal(sealId!);
    bed.authority.resumeSeal(sealId!);
    expect(await entry()).toMatchObject({ number: first.number + 2, state: 'normal' });
    bed.clock.ahead = 2 * 3_600_000;
    expect((await entry()).number).toBe(first.number + 3);
    bed.authority.cancelSeal(sealId!);
    expect(await entry()).toMatchObject({
      number: first.number + 4,
      state: 'cancelled',
      since: new Date(Math.floor(bed.now().getTime() / 1000) * 1000),
    });
    for (const act of ['resumeSeal', 'suspendSeal'] as const)
      expect(() => bed.authority[act](sealId!), act).toThrow('cancelled');
    expect(() => bed.authority.suspendSeal('53019900000000')).toThrow('no such seal');
  });

  it('a seal that the practice set-up made is known, with its state, and is cancelled with its certificate', async () => {
    const who = await bed.holder();
    const createdAt = new Date(Math.floor(Date.now() / 1000) * 1000);
    const noted = (id: string, certificate: SealHolder) =>
      noteSeal(bed.folder, {
        ...{
          id,
          certificate: certificate.certificate,
          name: '公章',
          kind: 'official',
          unit: certificate.unit,
        },
        ...{ creditCode: certificate.creditCode, administrator: '李明华', widthMm: 42, heightMm: 42 },
        ...{ picture: bed.png.large, smallPicture: bed.png.small, createdAt, since: createdAt },
        ...{ state: 'normal', key: null },
      });
    noted('53019900000071', who);
    expect(stateOf('53019900000071')).toBe('normal');
    await expect(bed.apply(who)).rejects.toEqual(refused('seal.certificate-taken'));
    const next = await bed.renewed(who);
    const made = await bed.client.reissue(
      { sealId: '53019900000071', oldCertificateSha256: who.sha256, certificateSha256: next.sha256 },
      next,
    );
    expect(Number(made.sealId!.slice(6))).toBeGreaterThanOrEqual(10_000_000);
    bed.authority.revoke(who.facts.serialNumber);
    expect(stateOf('53019900000071')).toBe('cancelled');
    // Noted only after its certificate was revoked.
    const late = await bed.holder();
    await bed.apply(late);
    bed.authority.revoke(late.facts.serialNumber);
    noted('53019900000072', late);
    expect(stateOf('53019900000072')).toBe('cancelled');
  });

  it('a certificate that is revoked over CMP takes its seal along', async () => {
    const who = await bed.holder();
    const { sealId } = await bed.bound(who);
    const other = await bed.apply(await bed.holder({ of: who, seal: '合同专用章' }), {
      kind: 'contract',
      name: '合同专用章',
    });
    await bed.cmp(who).revoke(who.certificate, 'keyCompromise');
    expect(stateOf(sealId)).toBe('cancelled');
    expect((await bed.client.read(other.id)).state).toBe('review');
    const { entries } = await bed.statusList();
    expect(entries.find(({ id }) => id === sealId)?.state).toBe('cancelled');
  });

  it('approved and cancelled before it was bound: the application is over', async () => {
    const who = await bed.holder();
    const { id } = await bed.apply(who);
    bed.authority.approveSeal(id);
    const { sealId } = await bed.client.read(id);
    bed.authority.cancelSeal(sealId!);
    expect(await bed.client.read(id)).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('注销'),
    });
  });
});

it('the catalogue and the description tell of the seal maker', async () => {
  const catalogue = (await (await fetch(`${bed.authority.api}/catalogue`)).json()) as { seals: unknown };
  expect(catalogue.seals).toEqual({ statusList: bed.authority.sealStatus });
  const text = await (await fetch(`${bed.authority.api}/openapi.json`)).text();
  const { paths, components } = JSON.parse(text) as {
    paths: Record<string, Record<string, { parameters: { name: string; required: boolean }[] }>>;
    components: { schemas: Record<string, { required: string[] }> };
  };
  expect(components.schemas.SealRequest?.required).toContain('smallPicture');
  const names = (path: string) => paths[path]?.post?.parameters.map(({ name }) => name);
  expect(names('/seals/applications')).toEqual([
    'Idempotency-Key',
    'Signature-Input',
    'Signature',
    'Content-Digest',
  ]);
  const { entries } = await bed.statusList();
  expect(entries.length).toBe(bed.authority.seals().length);
  const { maker } = await bed.statusList();
  expect(parseCertificate(maker).subject.text).toContain('制');
});
