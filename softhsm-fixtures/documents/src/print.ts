/**
 * Prints the sample documents anew: `node softhsm-fixtures/documents/src/print.ts`.
 * Needs Chromium, the Noto CJK fonts and Python's fontTools; the PDFs beside this folder are its output and are kept in the repository.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const documents = [
  { source: 'letter.html', name: '关于商请核定租金标准的函.pdf' },
  { source: 'agreement.html', name: '委托运营服务协议.pdf' },
  { source: 'confirmation.html', name: 'Letter of confirmation.pdf' },
];
const chromium = process.env.CHROMIUM ?? 'chromium';
const largest = 150_000;
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

mkdirSync(path('./fonts'), { recursive: true });
for (const weight of ['Regular', 'Bold']) {
  const sources = documents.map(({ source }) => path(`./${source}`));
  execFileSync(process.env.PYTHON ?? 'python3', [
    path('./subset.py'),
    path(`./fonts/${weight.toLowerCase()}.ttf`),
    weight,
    ...sources,
  ]);
}

for (const { source, name } of documents) {
  const scratch = mkdtempSync(join(tmpdir(), 'print-'));
  const printed = join(scratch, 'out.pdf');
  const switches = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    `--user-data-dir=${join(scratch, 'profile')}`,
  ];
  const print = [
    '--no-pdf-header-footer',
    `--print-to-pdf=${printed}`,
    new URL(`./${source}`, import.meta.url).href,
  ];
  execFileSync(chromium, [...switches, ...print], { stdio: 'ignore', timeout: 120_000 });
  const { size } = statSync(printed);
  if (size > largest) throw new Error(`${name} is ${size} bytes; at most ${largest} are wanted`);
  writeFileSync(path(`../${name}`), readFileSync(printed));
  rmSync(scratch, { recursive: true });
  console.log(`${name}: ${size} bytes`);
}
rmSync(path('./fonts'), { recursive: true });
