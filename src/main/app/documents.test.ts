import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderForPeople, OpenDocuments, openingError, stampedName } from './documents.ts';

let folder: string;
const documents = new OpenDocuments();
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'yinkey-open-'));
});
afterEach(async () => {
  await documents.closeAll();
  await rm(folder, { recursive: true });
});

describe('open documents', () => {
  it('reads ranges, shorter at the end and none behind it', async () => {
    const file = path.join(folder, 'a.pdf');
    await writeFile(file, '0123456789');
    const { id, size } = await documents.open(file);
    expect(size).toBe(10);
    const text = async (offset: number, length: number) =>
      Buffer.from(await documents.read(id, offset, length)).toString();
    expect(await text(0, 4)).toBe('0123');
    expect(await text(8, 4)).toBe('89');
    expect(await text(20, 4)).toBe('');
  });

  it('notices that the file was written to', async () => {
    const file = path.join(folder, 'a.pdf');
    await writeFile(file, '0123456789');
    const { id } = await documents.open(file);
    await writeFile(file, '0123');
    await expect(documents.read(id, 0, 4)).rejects.toMatchObject({ code: 'document.changed' });
  });

  it('tells what cannot be opened, each by its own code', async () => {
    await writeFile(path.join(folder, 'empty.pdf'), '');
    await expect(documents.open(path.join(folder, 'none.pdf'))).rejects.toMatchObject({
      code: 'document.not-found',
    });
    await expect(documents.open(folder)).rejects.toMatchObject({ code: 'document.is-folder' });
    await expect(documents.open(path.join(folder, 'empty.pdf'))).rejects.toMatchObject({
      code: 'document.empty',
    });
    await expect(documents.open('/dev/null')).rejects.toMatchObject({ code: 'document.not-pdf' });
  });

  it.each([
    ['EACCES', 'document.no-permission'],
    ['EPERM', 'document.no-permission'],
    ['ENOTDIR', 'document.not-found'],
    ['EISDIR', 'document.is-folder'],
    ['EMFILE', 'unexpected'],
  ])('tells %s as %s', (code, told) => {
    const error = openingError(Object.assign(new Error('open'), { code }), 'a.pdf');
    expect(error).toMatchObject({ code: told, cause: { code } });
  });

  it('closes the oldest when too many are open, and forgets what was closed', async () => {
    const file = path.join(folder, 'a.pdf');
    await writeFile(file, 'x');
    const ids: string[] = [];
    for (let n = 0; n < 33; n += 1) ids.push((await documents.open(file)).id);
    expect(() => documents.get(ids[0]!)).toThrow(expect.objectContaining({ code: 'document.not-found' }));
    expect(documents.get(ids[1]!).path).toBe(file);
    await documents.close(ids[1]!);
    await expect(documents.read(ids[1]!, 0, 1)).rejects.toMatchObject({ code: 'document.not-found' });
    await documents.close(ids[1]!);
  });
});

describe('names of stamped documents', () => {
  const file = path.resolve('/work/合同.pdf');
  const beside = (name: string) => path.join(path.dirname(file), name);

  it('follow the language and count on', () => {
    expect(stampedName(file, 'zh-CN', () => false)).toBe(beside('合同-盖章.pdf'));
    expect(stampedName(file, 'en', () => false)).toBe(beside('合同-stamped.pdf'));
    const taken = new Set([beside('合同-盖章.pdf'), beside('合同-盖章 (2).pdf')]);
    expect(stampedName(file, 'zh-CN', (candidate) => taken.has(candidate))).toBe(beside('合同-盖章 (3).pdf'));
  });

  it('never are the source itself', () => {
    expect(stampedName(beside('合同-盖章.pdf'), 'zh-CN', () => false)).toBe(beside('合同-盖章 (2).pdf'));
    expect(stampedName(beside('合同-盖章 (2).pdf'), 'zh-CN', () => false)).toBe(beside('合同-盖章.pdf'));
  });

  it('end rather than try for ever', () => {
    expect(() => stampedName(file, 'en', () => true)).toThrow(
      expect.objectContaining({ code: 'document.output-exists' }),
    );
  });
});

describe('folders for people', () => {
  it('shorten the home folder and nothing that only looks like it', () => {
    const home = path.resolve('/home/li');
    expect(folderForPeople(path.join(home, 'a.pdf'), home)).toBe('~');
    expect(folderForPeople(path.join(home, 'x', 'a.pdf'), home)).toBe(path.join('~', 'x'));
    expect(folderForPeople(path.resolve('/home/lisa/a.pdf'), home)).toBe(path.resolve('/home/lisa'));
  });
});
