/** Programs of others, asked for their opinion of our files: poppler, qpdf, MuPDF, Apache PDFBox and OpenSSL. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';

const execute = promisify(execFile);

const packages: Record<string, string> = {
  pdfsig: 'poppler-utils',
  pdftoppm: 'poppler-utils',
  qpdf: 'qpdf',
  mutool: 'mupdf-tools',
  openssl: 'openssl',
  java: 'default-jre-headless',
};

interface Ran {
  code: number;
  output: string;
}

/** Runs a program to its end; one that isn't installed is an error that names its Debian package. */
async function run(program: string, args: string[]): Promise<Ran> {
  try {
    const { stdout, stderr } = await execute(program, args, { maxBuffer: 64 * 1024 * 1024 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      if (error.code === 'ENOENT') {
        throw new Error(`${program} is not installed (Debian package ${packages[program]})`, {
          cause: error,
        });
      }
      if (typeof error.code === 'number' && 'stdout' in error && 'stderr' in error) {
        return { code: error.code, output: `${error.stdout}${error.stderr}` };
      }
    }
    throw error;
  }
}

export interface PopplerSignature {
  field: string;
  valid: boolean;
  /** "Total document signed": nothing stands outside its ranges. */
  total: boolean;
  type: string;
}

/** What poppler's pdfsig says of each signature; trust in the certificate is not asked for. */
export async function pdfsig(path: string, password?: string): Promise<PopplerSignature[]> {
  const { output } = await run('pdfsig', ['-nocert', ...(password ? ['-upw', password] : []), path]);
  return output
    .split(/^Signature #\d+:$/m)
    .slice(1)
    .map((part) => ({
      field: /Signature Field Name: (.*)/.exec(part)?.[1] ?? '',
      valid: part.includes('Signature Validation: Signature is Valid.'),
      total: part.includes('Total document signed'),
      type: /Signature Type: (.*)/.exec(part)?.[1] ?? '',
    }));
}

/** `qpdf --check`: 0 without a complaint, 2 errors, 3 warnings; and what it said. */
export function qpdfCheck(path: string, password?: string): Promise<Ran> {
  return run('qpdf', ['--check', ...(password ? [`--password=${password}`] : []), path]);
}

/** How many pages qpdf finds; null where it can't open the file at all. */
export async function qpdfPages(path: string, password?: string): Promise<number | null> {
  const { code, output } = await run('qpdf', [
    ...['--show-npages', '--no-warn', ...(password ? [`--password=${password}`] : [])],
    path,
  ]);
  return code === 2 ? null : Number(output.trim());
}

/** MuPDF's verdict of each signature in one string a signature. */
export async function mupdfVerify(path: string, password?: string): Promise<string[]> {
  const { output } = await run('mutool', ['sign', '-v', ...(password ? ['-p', password] : []), path]);
  return output.split(/^Verifying signature /m).slice(1);
}

export interface PdfboxFile {
  pages: number;
  signatures: { field: string; widgets: number; byteRange: number[]; contents: number; subFilter: string }[];
}

/** What Apache PDFBox reads of each file; one start of Java for all of them. Throws where it can't read one. */
export async function pdfbox(
  files: { path: string; password?: string | undefined }[],
): Promise<PdfboxFile[]> {
  const jars = ['pdfbox2', 'fontbox2', 'commons-logging', 'bcprov', 'bcpkix', 'bcutil'];
  const classPath = jars.map((name) => `/usr/share/java/${name}.jar`).join(':');
  const source = fileURLToPath(new URL('./Check.java', import.meta.url));
  const args = files.flatMap(({ path, password }) => [path, password ?? '']);
  const { code, output } = await run('java', ['-cp', classPath, source, ...args]);
  if (code !== 0) throw new Error(`PDFBox: ${output}`);
  const result: PdfboxFile[] = [];
  for (const line of output.split('\n')) {
    const [kind, ...words] = line.split(' ');
    if (kind === 'broken') throw new Error(`PDFBox on ${files[result.length]?.path}: ${line}`);
    if (kind === 'file') result.push({ pages: Number(words[0]), signatures: [] });
    if (kind === 'signature') {
      result.at(-1)?.signatures.push({
        field: words[0] ?? '',
        widgets: Number(words[1]),
        byteRange: words.slice(2, 6).map(Number),
        contents: Number(words[6]),
        subFilter: words[7] ?? '',
      });
    }
  }
  return result;
}

/**
 * `openssl cms -verify` on a CMS and the bytes it signs, with its chain up to `root` (PEM path).
 * @returns what openssl said; it ends with "successful" when all is well
 */
export async function opensslVerify(cms: Buffer, content: Buffer, root: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'yinkey-openssl-'));
  try {
    const [cmsPath, contentPath] = [join(dir, 'cms.der'), join(dir, 'content')];
    writeFileSync(cmsPath, cms);
    writeFileSync(contentPath, content);
    const { output } = await run('openssl', [
      ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', cmsPath, '-content', contentPath],
      ...['-CAfile', root, '-purpose', 'any', '-out', '/dev/null'],
    ]);
    return output.trim();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A signature's CMS (without its padding) and the bytes it covers, cut out by /ByteRange alone. */
export function cutOut(path: string, byteRange: number[]): { cms: Buffer; content: Buffer } {
  const bytes = readFileSync(path);
  const [start, length, second, secondLength] = byteRange as [number, number, number, number];
  const hex = bytes.subarray(start + length + 1, second - 1).toString('latin1');
  const cms = Buffer.from(hex, 'hex');
  const content = Buffer.concat([
    bytes.subarray(start, start + length),
    bytes.subarray(second, second + secondLength),
  ]);
  return { cms: cms.subarray(0, derLength(cms)), content };
}

/** Length of the first DER element. */
function derLength(bytes: Buffer): number {
  const first = bytes[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const count = first & 0x7f;
  return 2 + count + bytes.readUIntBE(2, count);
}

export interface RedBox {
  /** Pixels of the whole picture. */
  width: number;
  height: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** Mean place of what is pure blue inside the box, to tell which way is up; null without any. */
  blue: { x: number; y: number } | null;
}

/** Renders a page and finds the box around everything red. `page` counts from 1. */
export async function findRed(
  renderer: 'poppler' | 'mupdf',
  path: string,
  page: number,
  options: { dpi: number; password?: string | undefined },
): Promise<RedBox | null> {
  const dir = mkdtempSync(join(tmpdir(), 'yinkey-render-'));
  try {
    const png = join(dir, 'page.png');
    const { dpi, password } = options;
    const { code, output } =
      renderer === 'poppler'
        ? await run('pdftoppm', [
            ...['-png', '-singlefile', '-cropbox', '-r', String(dpi), '-f', String(page), '-l', String(page)],
            ...(password ? ['-upw', password] : []),
            ...[path, png.slice(0, -4)],
          ])
        : await run('mutool', [
            ...['draw', '-q', '-r', String(dpi), '-o', png],
            ...(password ? ['-p', password] : []),
            ...[path, String(page)],
          ]);
    if (code !== 0) throw new Error(`${renderer}: ${output}`);
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    return boxOf(data, info.width, info.height);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function boxOf(data: Buffer, width: number, height: number): RedBox | null {
  const box: RedBox = { width, height, left: width, top: height, right: -1, bottom: -1, blue: null };
  const pixels = function* (left: number, top: number, right: number, bottom: number) {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const at = (y * width + x) * 3;
        yield { x, y, r: data[at] as number, g: data[at + 1] as number, b: data[at + 2] as number };
      }
    }
  };
  for (const { x, y, r, g, b } of pixels(0, 0, width, height)) {
    if (r <= 128 || g >= 128 || b >= 128) continue;
    box.left = Math.min(box.left, x);
    box.top = Math.min(box.top, y);
    box.right = Math.max(box.right, x + 1);
    box.bottom = Math.max(box.bottom, y + 1);
  }
  if (box.right < 0) return null;
  const blue = { x: 0, y: 0, count: 0 };
  for (const { x, y, r, g, b } of pixels(box.left, box.top, box.right, box.bottom)) {
    if (b <= 128 || r >= 96 || g >= 96) continue;
    blue.x += x;
    blue.y += y;
    blue.count++;
  }
  if (blue.count > 0) box.blue = { x: blue.x / blue.count, y: blue.y / blue.count };
  return box;
}
