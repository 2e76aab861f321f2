// What we read, held against what an independent reader (qpdf) reads: every object of every sample document.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate, mutations } from '../../../../softhsm-fixtures/documents/mutate.ts';
import { makeShapes, type Shape } from '../../../../softhsm-fixtures/documents/shapes.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import {
  FileSource,
  MemorySource,
  PdfDict,
  PdfFile,
  PdfName,
  type PdfObject,
  PdfRef,
  PdfStream,
  PdfString,
  pageGeometry,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'yinkey-readers-'));
let shapes: Shape[] = [];
beforeAll(async () => {
  shapes = await makeShapes(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function withFile<T>(shape: Shape, work: (file: PdfFile) => T, password = shape.password): T {
  const fd = openSync(shape.path, 'r');
  try {
    return work(PdfFile.open(new FileSource(fd), { password }));
  } finally {
    closeSync(fd);
  }
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** qpdf's JSON of all objects; exit 3 means that it had to warn. */
function qpdfObjects(shape: Shape, decodeLevel: 'none' | 'generalized'): Map<string, Json> {
  const result = spawnSync(
    'qpdf',
    [
      ...['--json=2', '--json-key=qpdf', '--json-stream-data=inline', `--decode-level=${decodeLevel}`],
      ...[`--password=${shape.password ?? ''}`, shape.path],
    ],
    { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  );
  if (result.error) throw result.error;
  expect(result.status === 0 || (shape.flawed && result.status === 3), `qpdf: ${result.stderr}`).toBe(true);
  const { qpdf } = JSON.parse(result.stdout) as { qpdf: [Json, { [key: string]: Json }] };
  return new Map(Object.entries(qpdf[1]));
}

/** Our object in the shape of qpdf's JSON; `theirs` decides between the two ways it writes strings. */
function asJson(file: PdfFile, object: PdfObject, theirs: Json | undefined): Json {
  if (object === null || typeof object === 'boolean' || typeof object === 'number') return object;
  if (object instanceof PdfName) return `/${object.value}`;
  if (object instanceof PdfRef) return object.toString();
  if (object instanceof PdfString) {
    return typeof theirs === 'string' && theirs.startsWith('u:')
      ? `u:${object.toText()}`
      : `b:${object.bytes.toString('hex')}`;
  }
  const inside = (key: string): Json | undefined =>
    theirs !== null && typeof theirs === 'object' && !Array.isArray(theirs) ? theirs[key] : undefined;
  if (Array.isArray(object)) {
    return object.map((item, index) => asJson(file, item, Array.isArray(theirs) ? theirs[index] : undefined));
  }
  if (object instanceof PdfDict) {
    return Object.fromEntries(
      [...object.entries()].map(([key, value]) => [`/${key}`, asJson(file, value, inside(`/${key}`))]),
    );
  }
  const stream = inside('stream');
  const dict = object.dict.clone();
  dict.delete('Length');
  const theirDict =
    stream !== null && typeof stream === 'object' && !Array.isArray(stream) ? stream?.dict : undefined;
  return {
    stream: {
      data: file.streamBytes(object, { decode: false }).toString('base64'),
      dict: asJson(file, dict, theirDict),
    },
  };
}

describe('every object of every sample document', () => {
  it('is read as qpdf reads it', () => {
    expect(shapes.length).toBeGreaterThan(50);
    let compared = 0;
    for (const shape of shapes) {
      const theirs = qpdfObjects(shape, 'none');
      withFile(shape, (file) => {
        for (const [key, value] of theirs) {
          if (key === 'trailer') continue;
          const [, num, gen] = /^obj:(\d+) (\d+) R$/.exec(key) ?? [];
          const json =
            value !== null && typeof value === 'object' && !Array.isArray(value) && 'value' in value
              ? value.value
              : value;
          const ours = file.get(new PdfRef(Number(num), Number(gen)));
          expect({ [key]: asJson(file, ours, json) }, shape.name).toEqual({ [key]: json });
          compared++;
        }
        for (const [num, entry] of file.entries()) {
          if (entry.kind === 'free') continue;
          const key = `obj:${num} ${entry.kind === 'offset' ? entry.gen : 0} R`;
          const ours = file.get(new PdfRef(num, entry.kind === 'offset' ? entry.gen : 0));
          const ownWay =
            ours instanceof PdfStream && ['XRef', 'ObjStm'].includes(ours.dict.getName('Type') ?? '');
          if (!ownWay && ours !== null) expect(theirs.has(key), `${shape.name} ${key}`).toBe(true);
        }
      });
    }
    expect(compared).toBeGreaterThan(4500);
  });

  it('decodes to the bytes that qpdf decodes to', () => {
    let compared = 0;
    for (const shape of shapes.filter(({ pages }) => pages < 100)) {
      const theirs = qpdfObjects(shape, 'generalized');
      withFile(shape, (file) => {
        for (const [num, entry] of file.entries()) {
          const ref = new PdfRef(num, entry.kind === 'offset' ? entry.gen : 0);
          const object = file.get(ref);
          const value = theirs.get(`obj:${ref}`) as
            | { stream?: { data: string; dict: Record<string, Json> } }
            | undefined;
          // What qpdf leaves encoded is a picture.
          if (!(object instanceof PdfStream) || value?.stream === undefined || '/Filter' in value.stream.dict)
            continue;
          expect(
            file.streamBytes(object).toString('base64') === value.stream.data,
            `${shape.name} ${num}`,
          ).toBe(true);
          compared++;
        }
      });
    }
    expect(compared).toBeGreaterThan(200);
  });
});

describe('every sample document', () => {
  it('has its pages, of the right size', () => {
    for (const shape of shapes) {
      withFile(shape, (file) => {
        expect(file.pageCount, shape.name).toBe(shape.pages);
        expect(file.repaired, shape.name).toBe(shape.broken === true);
        const refs = new Set<number>();
        for (let index = 0; index < shape.pages; index++) refs.add(file.page(index).ref.num);
        if (shape.name !== 'mutool-merge') expect(refs.size, shape.name).toBe(shape.pages);
        if (shape.firstPage) {
          const { widthMm, heightMm, rotate } = pageGeometry(file.page(0));
          expect(rotate, shape.name).toBe(shape.firstPage.rotate);
          expect(widthMm, shape.name).toBeCloseTo(shape.firstPage.widthMm, 2);
          expect(heightMm, shape.name).toBeCloseTo(shape.firstPage.heightMm, 2);
        }
        expect(() => file.page(shape.pages)).toThrow('document.page-missing');
        expect(() => file.page(-1)).toThrow('document.page-missing');
      });
    }
  });

  it('has the boxes and the rotation that poppler finds', () => {
    // Poppler does not look for an object in the /XRefStm that the table calls free (7.5.8.4).
    for (const shape of shapes.filter(({ name, pages }) => pages < 100 && name !== 'hybrid-free-entries')) {
      const password = shape.password ? ['-upw', shape.password] : [];
      const text = execFileSync('pdfinfo', ['-box', '-f', '1', '-l', '99', ...password, shape.path], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const numbers = (what: string) =>
        [...text.matchAll(new RegExp(`^Page +\\d+ ${what}: +(.*)$`, 'gm'))].map((match) =>
          (match[1] ?? '').trim().split(/ +/).map(Number),
        );
      const [media, rotate] = [numbers('MediaBox'), numbers('rot')];
      withFile(shape, (file) => {
        expect(media.length, shape.name).toBe(shape.pages);
        media.forEach((theirs, index) => {
          const page = file.page(index);
          page.mediaBox.forEach((value, side) => {
            expect(value, `${shape.name} page ${index + 1}`).toBeCloseTo(theirs[side] as number, 1);
          });
          expect([page.rotate], shape.name).toEqual(rotate[index]);
        });
      });
    }
  });

  it('ends its last revision where its last %%EOF ends', () => {
    for (const shape of shapes.filter(({ broken }) => !broken)) {
      withFile(shape, (file) => {
        const revisions = file.revisions();
        expect(revisions.length, shape.name).toBe(shape.name === 'updated' ? 2 : 1);
        const tail = shape.name === 'trailing-junk' ? 3014 : 0;
        expect(revisions.at(-1)?.end, shape.name).toBe(file.size - tail);
      });
    }
  });
});

describe('encrypted documents', () => {
  it('open with the user password, the owner password, and no wrong one', () => {
    const encrypted = shapes.filter(({ encryption }) => encryption);
    expect(encrypted.length).toBeGreaterThan(9);
    for (const shape of encrypted) {
      const methods = { 'rc4-40': 'RC4', 'rc4-128': 'RC4', 'aes-128': 'AESV2', 'aes-256': 'AESV3' } as const;
      withFile(shape, (file) => {
        expect(file.encryption?.streamMethod, shape.name).toBe(
          methods[shape.encryption as keyof typeof methods],
        );
        expect(file.encryption?.ownerAccess, shape.name).toBe(false);
      });
      withFile(
        shape,
        (file) => expect(file.encryption?.ownerAccess, shape.name).toBe(true),
        shape.ownerPassword,
      );
      expect(() => withFile(shape, () => null, 'not it'), shape.name).toThrow('document.password-wrong');
      if (shape.password) {
        expect(() => withFile({ ...shape, password: '' }, () => null), shape.name).toThrow(
          'document.password-needed',
        );
      }
    }
  });

  it('decrypt what they encrypt', () => {
    for (const shape of shapes.filter(({ encryption }) => encryption)) {
      withFile(shape, ({ encryption }) => {
        const bytes = Buffer.from('what a writer adds');
        const string = encryption?.encryptString(70_000, 3, bytes) ?? bytes;
        const stream = encryption?.encryptStream(70_000, 3, bytes) ?? bytes;
        expect(string.includes('writer') || stream.includes('writer'), shape.name).toBe(false);
        expect(encryption?.decryptString(70_000, 3, string), shape.name).toEqual(bytes);
        expect(encryption?.decryptStream(70_000, 3, stream), shape.name).toEqual(bytes);
      });
    }
  });
});

describe('spoiled documents', () => {
  /** Reads everything that a user of the reader would. */
  const readAll = (file: PdfFile): void => {
    for (let index = 0; index < Math.min(file.pageCount, 10); index++) file.page(index);
    for (const [num, entry] of file.entries()) {
      const object = file.get(new PdfRef(num, entry.kind === 'offset' ? entry.gen : 0));
      if (object instanceof PdfStream) file.streamBytes(object, { maxBytes: 1_000_000 });
    }
    for (const revision of file.revisions()) file.revisionEntries(revision);
  };

  it('are read, or refused with a code', () => {
    const samples = shapes
      .map((shape) => ({ shape, bytes: readFileSync(shape.path) }))
      .filter(({ bytes }) => bytes.length < 30_000);
    let refused = 0;
    let read = 0;
    fc.assert(
      fc.property(fc.nat(samples.length - 1), mutations, (which, changes) => {
        const { shape, bytes } = samples[which] as (typeof samples)[number];
        const options = { password: shape.password, limits: { maxWork: 3_000_000 } };
        try {
          readAll(PdfFile.open(new MemorySource(mutate(bytes, changes)), options));
          read++;
        } catch (error) {
          if (!(error instanceof YinkeyError)) throw error;
          expect(error.code, shape.name).toMatch(/^document\./);
          refused++;
        }
      }),
      { numRuns: Number(process.env.YINKEY_MUTATIONS ?? 2000) },
    );
    // Both happen: the mutations neither miss nor kill every file.
    expect(read).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });
});
