import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goodImpression } from '../../../softhsm-fixtures/impressions/index.ts';
import type { CaptureSession } from '../../shared/domain/index.ts';
import { portPair } from '../../shared/hosts/process-port.ts';
import { serveDocuments } from '../documents/host-service.ts';
import { DocumentHost } from '../documents/index.ts';
import { Tickets } from './calls.ts';
import { CaptureDesk } from './handlers/capture.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-desk-'));
const userData = path.join(dir, 'data');
const reader = new DocumentHost({
  spawn: () => {
    const [client, service] = portPair();
    serveDocuments(service);
    return { port: client, pid: undefined, kill: () => {}, exited: new Promise(() => {}) };
  },
});
afterAll(async () => {
  await reader.stop();
  rmSync(dir, { recursive: true, force: true });
});

let chosen: string | undefined;
const tickets = new Tickets();
const kept: { name: string; bytes: number }[] = [];
const desk = new CaptureDesk({
  userData,
  reader,
  tickets,
  dialogs: { open: async () => chosen },
  store: {
    pictures: {
      add: (facts: { name: string }, png: Uint8Array) => {
        kept.push({ name: facts.name, bytes: png.length });
        return { id: 'p1', ...facts };
      },
    },
  },
} as unknown as ConstructorParameters<typeof CaptureDesk>[0]);
const handlers = desk.handlers();

const file = (name: string, bytes: Uint8Array) => {
  const target = path.join(dir, name);
  writeFileSync(target, bytes);
  return target;
};
const chooseFile = async (target: string): Promise<CaptureSession> => {
  chosen = target;
  return (await handlers['capture.choose'](undefined)) as CaptureSession;
};
const asked = {
  pick: null,
  diameterMm: null,
  colour: 'red',
  ownColour: false,
  adjust: { rotate: 0, dx: 0, dy: 0, threshold: 0 },
} as const;

let good: Awaited<ReturnType<typeof goodImpression>>;
beforeAll(async () => {
  good = await goodImpression(7);
});

describe('a scan that is made into a seal', () => {
  it('is judged from a copy, shown in three pictures, and handed over with everything for an application', async () => {
    const from = file('scan.jpg', good.bytes);
    const session = await chooseFile(from);
    expect(session).toMatchObject({ name: 'scan.jpg', scan: 'file', error: null, revision: 1 });
    expect(session.result).toMatchObject({ shape: 'circle', verdict: 'good' });
    rmSync(from);
    const { id } = session;
    for (const [which, format] of [
      ['sheet', 'jpeg'],
      ['scan', 'jpeg'],
      ['seal', 'png'],
    ] as const) {
      const bytes = await handlers['capture.image']({ id, which });
      expect((await sharp(bytes).metadata()).format, which).toBe(format);
    }
    const turned = (await handlers['capture.judge']({
      id,
      ...asked,
      adjust: { ...asked.adjust, rotate: 3 },
    })) as CaptureSession;
    expect(turned.result!.rotation - session.result!.rotation).toBeCloseTo(3, 1);
    const material = await desk.material(id);
    expect(Buffer.compare(Buffer.from(material.scanJpeg), good.bytes)).toBe(0);
    expect(material.smallPng.length).toBeLessThan(8 * 1024 + 1);
    expect(material.result).toEqual(turned.result);
    await handlers['capture.keep']({ id, name: '公章' });
    expect(kept).toEqual([{ name: '公章', bytes: material.png.length }]);
    await handlers['capture.close']({ id });
    expect(readdirSync(path.join(userData, 'capture'))).toEqual([]);
    await expect(desk.material(id)).rejects.toMatchObject({ code: 'request.refused' });
  });

  it('is sent as a JPEG whatever it was', async () => {
    const session = await chooseFile(
      file('scan.png', await sharp(good.bytes).withMetadata({ density: 300 }).png().toBuffer()),
    );
    expect(session.scan).toBe('converted');
    const { scanJpeg } = await desk.material(session.id);
    expect((await sharp(scanJpeg).metadata()).format).toBe('jpeg');
  });

  it('has to be made smaller where the authority would not take it', async () => {
    const large = Buffer.concat([good.bytes, Buffer.alloc(5 << 20)]);
    const session = await chooseFile(file('large.jpg', large));
    expect(session).toMatchObject({ scan: 'too-large' });
    expect(session.result!.notes).toContain('fileTooLarge');
    await expect(desk.material(session.id)).rejects.toMatchObject({ code: 'seal.scan-too-large' });
    const shrunk = (await handlers['capture.shrink']({ id: session.id })) as CaptureSession;
    expect(shrunk.scan).toBe('shrunk');
    const { scanJpeg } = await desk.material(session.id);
    expect(scanJpeg.length).toBe(shrunk.shrunkBytes);
  });
});

describe('a scan with something wrong', () => {
  it('comes with what is wrong, and what can be chosen', async () => {
    const one = await goodImpression(8, {
      paper: { width: 60, height: 60 },
      at: { x: 30, y: 30 },
      quality: 92,
    });
    const sheet = await sharp({ create: { width: 1440, height: 720, channels: 3, background: '#fff' } })
      .composite([0, 720].map((left) => ({ input: one.bytes, left, top: 0 })))
      .withMetadata({ density: 300 })
      .jpeg()
      .toBuffer();
    const session = await chooseFile(file('two.jpg', sheet));
    expect(session).toMatchObject({ result: null, error: { code: 'seal.several-found' } });
    expect(session.found).toHaveLength(2);
    expect(session.preview!.source).toEqual({ widthPx: 1440, heightPx: 720 });
    await expect(desk.material(session.id)).rejects.toMatchObject({ code: 'seal.judged-unfit' });
    const picked = (await handlers['capture.judge']({ id: session.id, ...asked, pick: 2 })) as CaptureSession;
    expect(picked.result!.pick).toBe(2);
  });

  it('is refused for an application when its impression is', async () => {
    const gap = await goodImpression(7, { missing: { from: 205, to: 245 } });
    const session = await chooseFile(file('gap.jpg', gap.bytes));
    expect(session.result!.verdict).toBe('refuse');
    await expect(desk.material(session.id)).rejects.toMatchObject({
      code: 'seal.judged-unfit',
      details: { what: 'ring' },
    });
  });

  it('is told of where it is no picture, no file, or a ticket that nobody gave', async () => {
    expect(await chooseFile(file('text.jpg', Buffer.from('text')))).toMatchObject({
      preview: null,
      error: { code: 'seal.not-a-picture', details: { name: 'text.jpg' } },
    });
    await expect(chooseFile(path.join(dir, 'none.jpg'))).rejects.toMatchObject({ code: 'seal.not-found' });
    await expect(async () => handlers['capture.dropped']({ ticket: 'x' })).rejects.toMatchObject({
      code: 'request.refused',
    });
    chosen = undefined;
    expect(await handlers['capture.choose'](undefined)).toBeNull();
  });

  it('leaves nothing behind when the client ends', async () => {
    await desk.stop();
    expect(existsSync(path.join(userData, 'capture'))).toBe(false);
  });
});
