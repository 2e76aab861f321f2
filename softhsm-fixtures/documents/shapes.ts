import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  appendUpdate,
  type BuildOptions,
  buildPdf,
  documentNumbers,
  pagesDocument,
  type RawPage,
} from './build.ts';

/** A sample document and what an honest reader has to find in it. */
export interface Shape {
  /** What is special about it, also its file name without the ending. */
  name: string;
  path: string;
  pages: number;
  /** The user password, where opening needs one. */
  password?: string;
  ownerPassword?: string;
  encryption?: 'rc4-40' | 'rc4-128' | 'aes-128' | 'aes-256';
  /** The cross-reference is broken: a reader has to repair the file. */
  broken?: boolean;
  /** Strict readers warn about it as it is, `qpdf --check` among them. */
  flawed?: boolean;
  /** What is shown of page 1, in millimetres, and its /Rotate. */
  firstPage?: { widthMm: number; heightMm: number; rotate: 0 | 90 | 180 | 270 };
}

const run = promisify(execFile);
const samples = fileURLToPath(new URL('../samples/', import.meta.url));

/** Runs one of the PDF tools; a tool that isn't installed is an error that names its Debian package. */
async function tool(name: 'qpdf' | 'gs' | 'mutool' | 'pdfunite', args: string[]): Promise<void> {
  try {
    await run(name, args);
  } catch (error) {
    const packages = { qpdf: 'qpdf', gs: 'ghostscript', mutool: 'mupdf-tools', pdfunite: 'poppler-utils' };
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error(`${name} is not installed (Debian package ${packages[name]})`, { cause: error });
    }
    throw error;
  }
}

const mm = (points: number) => (points * 25.4) / 72;
const a4 = '/MediaBox[0 0 595 842]';
const a4Mm = { widthMm: mm(595), heightMm: mm(842), rotate: 0 } as const;

/**
 * Makes sample documents of many shapes in `dir` (made when missing): by hand, by qpdf, Ghostscript, MuPDF and
 * poppler, and copies of the committed files of other programs. Takes a few seconds.
 */
export async function makeShapes(dir: string): Promise<Shape[]> {
  mkdirSync(dir, { recursive: true });
  const shapes = [...handMade(dir), ...producers(dir)];
  const base = join(dir, 'plain.pdf');
  const at = (name: string) => join(dir, `${name}.pdf`);
  const made = async (
    shape: Omit<Shape, 'path'>,
    name: 'qpdf' | 'gs' | 'mutool' | 'pdfunite',
    args: (out: string) => string[],
  ) => {
    await tool(name, args(at(shape.name)));
    shapes.push({ ...shape, path: at(shape.name) });
  };
  const plain = { pages: 3, firstPage: a4Mm };

  const qpdf: [string, string[]][] = [
    ['linearized', ['--linearize']],
    ['object-streams', ['--object-streams=generate']],
    ['linearized-object-streams', ['--linearize', '--object-streams=generate']],
    ['qdf', ['--qdf']],
    ['pdf-2.0', ['--force-version=2.0', '--object-streams=generate']],
  ];
  for (const [name, options] of qpdf)
    await made({ name, ...plain }, 'qpdf', (out) => [...options, base, out]);
  for (const level of ['1.3', '1.4', '1.7']) {
    await made({ name: `ghostscript-${level}`, ...plain }, 'gs', (out) => [
      ...['-q', '-dNOPAUSE', '-dBATCH', '-dSAFER', '-sDEVICE=pdfwrite', `-dCompatibilityLevel=${level}`],
      ...[`-sOutputFile=${out}`, base],
    ]);
  }
  await made({ name: 'mutool-clean', ...plain }, 'mutool', (out) => ['clean', '-gggg', '-z', base, out]);
  await made({ name: 'mutool-merge', pages: 6, firstPage: a4Mm }, 'mutool', (out) => [
    'merge',
    '-o',
    out,
    base,
    base,
  ]);
  await made({ name: 'pdfunite', pages: 5, firstPage: a4Mm, flawed: true }, 'pdfunite', (out) => [
    base,
    join(dir, 'libreoffice.pdf'),
    out,
  ]);
  await made({ name: 'thousand-pages', pages: 1000, firstPage: a4Mm }, 'qpdf', (out) => [
    ...['--object-streams=generate', '--compress-streams=y', join(dir, 'thousand-pages-flat.pdf'), out],
  ]);

  const ciphers: [NonNullable<Shape['encryption']>, string, string[]][] = [
    ['rc4-40', '40', []],
    ['rc4-128', '128', ['--use-aes=n']],
    ['aes-128', '128', ['--use-aes=y']],
    ['aes-256', '256', []],
  ];
  for (const [encryption, bits, options] of ciphers) {
    for (const user of ['open-me', '']) {
      const name = `${encryption}-${user === '' ? 'owner-only' : 'user-password'}`;
      const shape = {
        name,
        encryption,
        ownerPassword: 'own-me',
        ...plain,
        ...(user === '' ? {} : { password: user }),
      };
      await made(shape, 'qpdf', (out) => [
        ...['--allow-weak-crypto', '--encrypt', user, 'own-me', bits, ...options, '--', base, out],
      ]);
    }
  }
  const inClear = { encryption: 'aes-256', password: 'open-me', ownerPassword: 'own-me', ...plain } as const;
  await made({ name: 'aes-256-object-streams', ...inClear }, 'qpdf', (out) => [
    ...['--object-streams=generate', '--encrypt', 'open-me', 'own-me', '256', '--', base, out],
  ]);
  await made(
    {
      name: 'aes-256-cleartext-metadata',
      ...inClear,
      pages: 2,
      firstPage: { ...a4Mm, widthMm: mm(595.304), heightMm: mm(841.89) },
    },
    'qpdf',
    (out) => [
      ...[
        '--encrypt',
        'open-me',
        'own-me',
        '256',
        '--cleartext-metadata',
        '--',
        join(dir, 'libreoffice-pdfa.pdf'),
        out,
      ],
    ],
  );
  await made({ name: 'aes-256-revision-5', ...inClear }, 'qpdf', (out) => [
    ...['--allow-weak-crypto', '--encrypt', 'open-me', 'own-me', '256', '--force-R5', '--', base, out],
  ]);
  return shapes;
}

/** Copies of the committed samples. */
function producers(dir: string): Shape[] {
  const list: [string, number][] = [
    ['chromium', 2],
    ['libreoffice', 2],
    ['libreoffice-pdfa', 2],
    ['cairo', 1],
    ['ghostscript', 2],
  ];
  return list.map(([name, pages]) => {
    const path = join(dir, `${name}.pdf`);
    copyFileSync(join(samples, `${name}.pdf`), path);
    return { name, path, pages };
  });
}

/** What no tool makes on request is written byte by byte. */
function handMade(dir: string): Shape[] {
  const shapes: Shape[] = [];
  const write = (name: string, bytes: Buffer, pages: number, more: Partial<Shape> = {}) => {
    const path = join(dir, `${name}.pdf`);
    writeFileSync(path, bytes);
    shapes.push({ name, path, pages, ...more });
  };
  const { catalog, firstPage } = documentNumbers;
  const three: RawPage[] = [{ attributes: a4 }, { attributes: a4 }, { attributes: a4 }];
  const about = '<</Title(Agreement \\(draft\\))/Author<feff53705ae5>/Keywords(\\200\\n)>>';
  const simple = pagesDocument(three, { extra: [about] });
  const trailer = `/Info ${firstPage + 6} 0 R/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]`;
  const file = (name: string, options: BuildOptions, more: Partial<Shape> = {}) =>
    write(name, buildPdf(simple, catalog, { trailer, ...options }), 3, { firstPage: a4Mm, ...more });

  file('plain', {});
  file('pdf-1.3', { version: '1.3' });
  file('header-junk', { junkBefore: 'HTTP/1.1 200 OK\r\n\r\n', offsetsFrom: 'header' });
  file('header-junk-file-offsets', { junkBefore: 'HTTP/1.1 200 OK\r\n\r\n' }, { flawed: true });
  file('trailing-junk', { junkAfter: `\n--boundary--\n${'\0'.repeat(3000)}` }, { flawed: true });
  file('short-entries', { entryEnd: '\n' });
  file('broken-table', { offsetError: 7 }, { broken: true, flawed: true });
  file('wrong-startxref', { startxrefError: -9 }, { broken: true, flawed: true });
  file('hybrid', { hidden: [3, firstPage + 2], hiddenAs: 'absent', version: '1.4' });
  // As Word writes them; qpdf finds page 2, MuPDF and poppler take the free entry for the last word and miss it.
  file(
    'hybrid-free-entries',
    { hidden: [3, firstPage + 2], hiddenAs: 'free', version: '1.4' },
    { flawed: true },
  );
  write(
    'updated',
    appendUpdate(
      buildPdf(simple, catalog),
      new Map([[3, '<</Type/Font/Subtype/Type1/BaseFont/Courier>>']]),
      catalog,
    ),
    3,
    {
      firstPage: a4Mm,
    },
  );

  const one = (name: string, attributes: string, shown: NonNullable<Shape['firstPage']>, tree = '') =>
    write(name, buildPdf(pagesDocument([{ attributes }], { pages: tree }), catalog), 1, { firstPage: shown });
  for (const rotate of [0, 90, 180, 270] as const) {
    const [width, height] = rotate % 180 === 0 ? [595, 842] : [842, 595];
    one(`rotate-${rotate}`, `${a4}/Rotate ${rotate}`, { widthMm: mm(width), heightMm: mm(height), rotate });
    const [cropWidth, cropHeight] = rotate % 180 === 0 ? [400, 500] : [500, 400];
    one(
      `crop-offset-rotate-${rotate}`,
      `/MediaBox[-20 30 600 850]/CropBox[50 100 450 600]/Rotate ${rotate}`,
      {
        widthMm: mm(cropWidth),
        heightMm: mm(cropHeight),
        rotate,
      },
    );
  }
  one('crop-over-media', '/MediaBox[0 0 400 500]/CropBox[-50 -50 300 900]', {
    widthMm: mm(300),
    heightMm: mm(500),
    rotate: 0,
  });
  one('user-unit-2', '/MediaBox[0 0 298 421]/UserUnit 2', { widthMm: mm(596), heightMm: mm(842), rotate: 0 });
  one('media-box-offset', '/MediaBox[100 200 695 1042]', a4Mm);
  one('media-box-reversed', '/MediaBox[595 842 0 0]', a4Mm);
  one(
    'inherited',
    '',
    { widthMm: mm(500), heightMm: mm(400), rotate: 90 },
    '/MediaBox[0 0 400 500]/Rotate 90',
  );
  forms(write, firstPage);
  const many = Array.from({ length: 1000 }, () => ({ attributes: a4 }));
  write('thousand-pages-flat', buildPdf(pagesDocument(many), catalog), 1000, { firstPage: a4Mm });
  return shapes;
}

type Write = (name: string, bytes: Buffer, pages: number, more?: Partial<Shape>) => void;

/** Forms and annotations, with their arrays direct and indirect. */
function forms(write: Write, firstPage: number): void {
  const next = firstPage + 2;
  const field = `<</Type/Annot/Subtype/Widget/FT/Tx/T(unit)/V(Party A)/P ${firstPage} 0 R/Rect[72 500 272 520]/DA(/Helv 0 Tf 0 g)>>`;
  const note = '<</Type/Annot/Subtype/Text/Rect[300 700 320 720]/Contents(A note)>>';
  const form = (fields: string) => `<</Fields ${fields}/DA(/Helv 0 Tf 0 g)>>`;
  const document = (name: string, attributes: string, catalog: string, extra: string[]) => {
    const objects = pagesDocument([{ attributes: `${a4}${attributes}` }], { catalog, extra });
    write(name, buildPdf(objects, documentNumbers.catalog), 1, { firstPage: a4Mm });
  };
  document('acroform-direct', `/Annots[${next} 0 R]`, `/AcroForm${form(`[${next} 0 R]`)}`, [field]);
  document('acroform-indirect', `/Annots[${next} 0 R]`, `/AcroForm ${next + 1} 0 R`, [
    field,
    form(`[${next} 0 R]`),
  ]);
  document('acroform-indirect-fields', `/Annots[${next} 0 R]`, `/AcroForm ${next + 1} 0 R`, [
    field,
    form(`${next + 2} 0 R`),
    `[${next} 0 R]`,
  ]);
  document('annots-direct', `/Annots[${next} 0 R]`, '', [note]);
  document('annots-indirect', `/Annots ${next + 1} 0 R`, '', [note, `[${next} 0 R]`]);
}
