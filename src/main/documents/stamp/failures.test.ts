import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureAuthority } from '../../../../softhsm-fixtures/authority/root.ts';
import { buildPdf, documentNumbers, pagesDocument } from '../../../../softhsm-fixtures/documents/build.ts';
import { memorySigner } from '../../../../softhsm-fixtures/signers.ts';
import { ringPicture, stampFile, usualPlace } from '../../../../softhsm-fixtures/stamping.ts';
import type { PrepareRequest } from '../api.ts';
import { inspectDocument } from './inspect.ts';
import { checkTarget, partialPathFor, removeStalePartials } from './output.ts';
import { prepareStamp } from './stamp.ts';

const root = mkdtempSync(join(tmpdir(), 'yinkey-failures-'));
const authority = await ensureAuthority(root);
const signer = await memorySigner(authority, 'EC-P256');
const picture = await ringPicture(60);
const original = buildPdf(pagesDocument([{ attributes: '/MediaBox[0 0 595 842]' }]), documentNumbers.catalog);
let count = 0;
let dir = '';
let input = '';
let target = '';

beforeEach(() => {
  dir = join(root, String(count++));
  mkdirSync(dir);
  input = join(dir, 'contract.pdf');
  target = join(dir, 'stamped.pdf');
  writeFileSync(input, original);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const request = (more: Partial<PrepareRequest> = {}): PrepareRequest => ({
  input,
  partial: partialPathFor(target),
  expectedSha256: '',
  picture,
  placement: usualPlace,
  certificates: signer.certificates,
  now: '2026-05-04T03:02:01Z',
  utcOffset: 0,
  ...more,
});

const names = () => readdirSync(dir).sort();

describe('preparing', () => {
  const cases: [string, () => Partial<PrepareRequest>, string][] = [
    ['no file', () => ({ input: join(dir, 'missing.pdf') }), 'document.not-found'],
    ['a folder', () => ({ input: dir }), 'document.is-folder'],
    ['a path through a file', () => ({ input: join(input, 'x.pdf') }), 'document.not-found'],
    [
      'other bytes than those that were shown',
      () => ({ expectedSha256: '0'.repeat(64) }),
      'document.changed',
    ],
    [
      'a page that is not there',
      () => ({ placement: { ...usualPlace, pages: '2' } }),
      'document.page-missing',
    ],
    ['no pages', () => ({ placement: { ...usualPlace, pages: 'x' } }), 'usage'],
    ['a place off the page', () => ({ placement: { ...usualPlace, x: 200 } }), 'document.place-off-page'],
    ['no picture', () => ({ picture: new Uint8Array(100) }), 'seal.not-a-picture'],
    ['a picture too large', () => ({ picture: new Uint8Array(21 * 1024 * 1024) }), 'seal.too-large'],
    ['no certificate', () => ({ certificates: [] }), 'certificate.none'],
    [
      'a certificate that is none',
      () => ({ certificates: [new Uint8Array([48, 0])] }),
      'certificate.unreadable',
    ],
    [
      'a folder for the output that is not there',
      () => ({ partial: join(dir, 'no', '.x') }),
      'document.output-folder-missing',
    ],
    ['a partial file that is there', () => ({ partial: input }), 'document.output-exists'],
  ];
  it.each(cases)('%s: told by its code, nothing left', async (_, more, code) => {
    await expect(prepareStamp(request(more()))).rejects.toMatchObject({ code });
    expect(names()).toEqual(['contract.pdf']);
    expect(readFileSync(input).equals(original)).toBe(true);
  });

  it.each([
    ['an empty file', '', 'document.empty'],
    ['a file of another kind', 'PK\x03\x04 this is a zip', 'document.not-pdf'],
    ['half a file', original.subarray(0, original.length / 2).toString('latin1'), 'document.truncated'],
  ])('%s: told by its code', async (_, content, code) => {
    writeFileSync(input, content, 'latin1');
    await expect(prepareStamp(request())).rejects.toMatchObject({ code });
    await expect(inspectDocument(input)).rejects.toMatchObject({ code });
    expect(names()).toEqual(['contract.pdf']);
  });

  it.skipIf(process.platform === 'win32')(
    'a pipe or a device is no document, and nobody waits for it',
    async () => {
      execFileSync('sh', ['-c', 'mkfifo "$0"', join(dir, 'pipe')]);
      for (const path of [join(dir, 'pipe'), '/dev/zero']) {
        await expect(prepareStamp(request({ input: path }))).rejects.toMatchObject({
          code: 'document.not-pdf',
        });
        await expect(inspectDocument(path)).rejects.toMatchObject({ code: 'document.not-pdf' });
      }
    },
  );

  it('a file that is written to meanwhile is told', async () => {
    const grow = () => {
      appendFileSync(input, '%');
      utimesSync(input, new Date(), new Date(Date.now() + 5000));
    };
    await expect(prepareStamp(request(), grow)).rejects.toMatchObject({ code: 'document.changed' });
    expect(names()).toEqual(['contract.pdf']);
  });

  it('keeps the permissions of the original, without more than it had', async () => {
    chmodSync(input, 0o640);
    await stampFile({ input, target, signer, picture });
    expect(statSync(target).mode & 0o777).toBe(0o640);
  });
});

describe('finishing', () => {
  it('a wrong signature never becomes an output', async () => {
    const job = await prepareStamp(request());
    const signature = signer.sign({ ...job.prepared, message: new Uint8Array(3) });
    await expect(job.finish({ signature, target, replace: false })).rejects.toMatchObject({
      code: 'document.self-check-failed',
      details: { what: 'signature-wrong' },
    });
    expect(names()).toEqual(['contract.pdf']);
  });

  it.each([
    [0, 'original'],
    [100, 'original'],
    [original.length + 40, 'signature'],
  ])('a byte changed at %i on the disk before the end is found', async (at) => {
    const job = await prepareStamp(request());
    const partial = join(dir, names().find((name) => name.endsWith('yinkey-part')) ?? '');
    const bytes = readFileSync(partial);
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(partial, bytes, { flag: 'r+' });
    const signature = signer.sign(job.prepared);
    await expect(job.finish({ signature, target, replace: false })).rejects.toMatchObject({
      code: 'document.self-check-failed',
    });
    expect(names()).toEqual(['contract.pdf']);
  });

  it('an output that appeared meanwhile stays as it is', async () => {
    const job = await prepareStamp(request());
    writeFileSync(target, 'mine');
    const signature = signer.sign(job.prepared);
    await expect(job.finish({ signature, target, replace: false })).rejects.toMatchObject({
      code: 'document.output-exists',
    });
    expect(readFileSync(target, 'utf8')).toBe('mine');
    expect(names()).toEqual(['contract.pdf', 'stamped.pdf']);
  });

  it('replaces the source when told so, and only then', async () => {
    const refused = await prepareStamp(request({ partial: partialPathFor(input) }));
    const signature = signer.sign(refused.prepared);
    await expect(refused.finish({ signature, target: input, replace: false })).rejects.toMatchObject({
      code: 'document.output-is-source',
    });
    expect(readFileSync(input).equals(original)).toBe(true);
    await stampFile({ input, target: input, signer, picture, replace: true });
    expect(readFileSync(input).subarray(0, original.length).equals(original)).toBe(true);
    expect(readFileSync(input).length).toBeGreaterThan(original.length);
    expect(names()).toEqual(['contract.pdf']);
  });

  it('given up, it leaves nothing, however often', async () => {
    const job = await prepareStamp(request());
    expect(names()).toHaveLength(2);
    await job.abort();
    await job.abort();
    expect(names()).toEqual(['contract.pdf']);
  });
});

describe('the target', () => {
  const codeOf = (wish: { target: string; replace?: boolean }) =>
    checkTarget({ input, replace: false, ...wish }).then(
      () => 'free',
      (error) => error.code,
    );

  it('is checked before any work', async () => {
    expect(await codeOf({ target })).toBe('free');
    expect(await codeOf({ target: dir })).toBe('document.is-folder');
    expect(await codeOf({ target: dir, replace: true })).toBe('document.is-folder');
    expect(await codeOf({ target: join(dir, 'no', 'x.pdf') })).toBe('document.output-folder-missing');
    expect(await codeOf({ target: join(input, 'x.pdf') })).toBe('document.output-folder-missing');
    expect(await codeOf({ target: input })).toBe('document.output-is-source');
    expect(await codeOf({ target: input, replace: true })).toBe('free');
    writeFileSync(target, '');
    expect(await codeOf({ target })).toBe('document.output-exists');
    symlinkSync(input, join(dir, 'link.pdf'));
    expect(await codeOf({ target: join(dir, 'link.pdf') })).toBe('document.output-is-source');
  });
});

describe('partial files', () => {
  it('of processes that are gone are removed, others stay', async () => {
    const mine = partialPathFor(target);
    writeFileSync(mine, '');
    // No process has this number: Linux gives out no more than 2^22.
    const dead = mine.replace(`-${process.pid}.`, '-2000000000.');
    writeFileSync(dead, '');
    const elsewhere = dead.replace(/\.[0-9a-f]{6}-/, '.ffffff-');
    writeFileSync(elsewhere, '');
    writeFileSync(join(dir, '.something.yinkey-part'), '');
    const removed = await removeStalePartials(dir);
    expect(removed.map((name) => join(dir, name))).toEqual([dead]);
    expect(names()).toHaveLength(4);
    await expect(removeStalePartials(join(dir, 'no'))).resolves.toEqual([]);
  });

  it('have names that fit, also for a long Chinese name', () => {
    const name =
      partialPathFor(join(dir, `${'合'.repeat(83)}.pdf`))
        .split('/')
        .at(-1) ?? '';
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(name).toMatch(/^\.合+.*\.yinkey-part$/);
  });
});
