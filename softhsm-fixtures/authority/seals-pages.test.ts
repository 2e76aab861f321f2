import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SealRequest } from '../../src/shared/domain/seal-making.ts';
import { goodImpression } from '../impressions/index.ts';
import { sealTestbed } from './seals-testbed.ts';

let bed: Awaited<ReturnType<typeof sealTestbed>>;
let scan: string;
let size: number;
beforeAll(async () => {
  bed = await sealTestbed();
  const made = await goodImpression(4, { quality: 85, rotation: 9 });
  scan = made.bytes.toString('base64');
  size = made.widthMm;
});
afterEach(() => bed.calm());
afterAll(() => bed.close());

const show = async (path: string) => {
  const answer = await fetch(bed.authority.url + path);
  const content = Buffer.from(await answer.arrayBuffer());
  return { status: answer.status, headers: answer.headers, content, text: content.toString() };
};
const post = (path: string, form: Record<string, string> = {}, origin = bed.authority.url) =>
  fetch(bed.authority.url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin },
    body: new URLSearchParams(form).toString(),
  });

describe('the staff’s page', () => {
  it('shows picture and scan side by side at one scale, with what both sides measured', async () => {
    const checks: SealRequest['measured']['checks'] = [
      { name: 'ring', value: 97.31, unit: '%', limit: { min: 95 }, verdict: 'good' },
      { name: 'sharpness', value: 3, unit: '%', limit: { min: 40 }, verdict: 'refuse' },
    ];
    const sizes = { widthMm: 42, heightMm: 42 };
    const measured = {
      shape: 'circle',
      rotation: 9,
      verdict: 'usable',
      checks,
      ...sizes,
    } as const;
    const who = await bed.holder();
    const name = '<b>李';
    const { id, number, reviewUrl } = await bed.apply(who, { scan, measured, administrator: name });
    expect(reviewUrl).toBe(`${bed.authority.url}/seals/${id}`);
    const { text, headers } = await show(`/seals/${id}`);
    expect(text).toContain(number);
    expect(text).toContain(who.unit);
    expect(text).toContain('&lt;b&gt;李');
    expect(text).toContain('97.3%（≥ 95）');
    expect(text).toContain('class="wrong">不合格');
    // The authority's own measure of the same scan.
    const [stated, here] = [...text.matchAll(/<td>([\d.]+) × [\d.]+ mm/g)].map(([, mm]) => Number(mm));
    expect(stated).toBe(42);
    expect(Math.abs(here! - size)).toBeLessThan(0.5);
    expect(text).not.toMatch(/<script|style=|https?:|<b>/);
    expect(headers.get('content-security-policy')).toContain("img-src 'self'");
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    const [own, theirs] = [...text.matchAll(/<img src="([^"]+)"[^>]* width="(\d+)" height="(\d+)"/g)];
    expect(own?.[1]).toBe(`/seals/${id}/picture.png`);
    expect(theirs?.[1]).toBe(`/seals/${id}/scan.jpg`);
    const scale = Number(own![2]) / 42;
    expect(scale).toBeGreaterThan(4);

    const picture = await show(own![1]!);
    expect(picture.content).toEqual(bed.png.large);
    const cut = await show(theirs![1]!);
    const { default: sharp } = await import('sharp');
    const { info, data } = await sharp(cut.content).greyscale().raw().toBuffer({ resolveWithObject: true });
    // Across the middle, from the first ink to the last: as many pixels of the page as the seal has millimetres.
    const row = data.subarray(Math.floor(info.height / 2) * info.width).subarray(0, info.width);
    const inked = [...row.keys()].filter((x) => row[x]! < 170);
    const across = ((inked.at(-1)! - inked[0]!) / info.width) * Number(theirs![2]);
    expect(Math.abs(across / scale - size)).toBeLessThan(1.5);
    for (const [{ headers: own }, type] of [
      [picture, 'image/png'],
      [cut, 'image/jpeg'],
      [await show(`/seals/${id}/sheet.jpg`), 'image/jpeg'],
    ] as const) {
      expect(own.get('content-type')).toBe(type);
      expect(own.get('x-content-type-options')).toBe('nosniff');
      expect(own.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    }
  });

  it('tells where no seal is found on the scan', async () => {
    const { id } = await bed.apply(await bed.holder());
    const { text } = await show(`/seals/${id}`);
    expect(text).toContain('没有测得印模');
    expect(text).toContain(`src="/seals/${id}/sheet.jpg"`);
    expect((await show(`/seals/${id}/scan.jpg`)).status).toBe(404);
  });

  it('approves, refuses with a reason, suspends, resumes and cancels', async () => {
    const one = await bed.apply(await bed.holder());
    const two = await bed.apply(await bed.holder());
    expect((await show('/seals')).text).toContain(two.number);
    expect((await post(`/seals/${one.id}/approve`)).headers.get('location')).toBe(`/seals/${one.id}`);
    expect((await post(`/seals/${one.id}/approve`)).status).toBe(409);
    expect((await post(`/seals/${two.id}/refuse`, { reason: ' ' })).status).toBe(400);
    expect((await post(`/seals/${two.id}/refuse`, { reason: '<i>不清晰</i>' })).status).toBe(303);
    expect((await bed.client.read(two.id)).reason).toBe('<i>不清晰</i>');
    const { sealId } = await bed.client.read(one.id);
    const state = () => bed.authority.seals().find(({ id }) => id === sealId)?.state;
    const list = await show('/seals');
    expect(list.text).toContain(`action="/seals/made/${sealId}/suspend"`);
    expect(list.text).toContain('&lt;i&gt;不清晰');
    for (const [act, after] of [
      ['suspend', 'suspended'],
      ['resume', 'normal'],
      ['cancel', 'cancelled'],
    ] as const) {
      expect((await post(`/seals/made/${sealId}/${act}`)).headers.get('location'), act).toBe('/seals');
      expect(state(), act).toBe(after);
    }
    expect((await post(`/seals/made/${sealId}/resume`)).status).toBe(409);
    expect((await post('/seals/made/53019900000000/cancel')).status).toBe(404);
    expect((await post(`/seals/made/${sealId}/bless`)).status).toBe(404);
    expect((await show(`/seals/${'x'.repeat(24)}`)).status).toBe(404);
    expect((await show('/seals')).text).not.toContain(`/seals/made/${sealId}/`);
  });

  it('is not used from another site’s page', async () => {
    const { id } = await bed.apply(await bed.holder());
    for (const origin of ['https://evil.example', 'null'])
      expect((await post(`/seals/${id}/approve`, {}, origin)).status).toBe(403);
    expect((await bed.client.read(id)).state).toBe('review');
  });
});
