import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './files.ts';

/** Sample documents in the order they are offered; `documents/src` holds what they are printed from. */
const names = ['关于商请核定租金标准的函.pdf', '委托运营服务协议.pdf', 'Letter of confirmation.pdf'];

/** Puts the sample documents into the practice folder; one that is there already is left as it is. */
export function ensureDocuments(dir: string): string[] {
  const folder = join(dir, 'documents');
  mkdirSync(folder, { recursive: true });
  return names.map((name) => {
    const path = join(folder, name);
    if (!existsSync(path)) writeWhole(path, readFileSync(new URL(`./documents/${name}`, import.meta.url)));
    return path;
  });
}
