import { access, readdir } from 'node:fs/promises';
import path from 'node:path';

/** Files that come with the systems themselves. */
const known: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  win32: ['msyh.ttc', 'msyh.ttf', 'simsun.ttc', 'Deng.ttf'].map((name) =>
    path.win32.join(process.env.SystemRoot ?? 'C:\\Windows', 'Fonts', name),
  ),
  darwin: [
    '/System/Library/Fonts/PingFang.ttc',
    '/System/Library/Fonts/STHeiti Light.ttc',
    '/System/Library/Fonts/Hiragino Sans GB.ttc',
  ],
};
const folders = ['/usr/share/fonts', '/usr/local/share/fonts'];
const chinese = /cjk|wqy|source ?han|simsun|simhei|droidsansfallback|uming|ukai|(noto|sarasa).*sc/i;
/** Folders that are looked into, at most. */
const limit = 2000;

/** Whether the system has a font for Chinese: without one, pages and receipts show boxes. */
export async function chineseFont(): Promise<boolean> {
  for (const file of known[process.platform] ?? []) {
    if (await exists(file)) return true;
  }
  if (process.platform === 'win32' || process.platform === 'darwin') return false;
  const waiting = [...folders];
  for (let looked = 0; waiting.length > 0 && looked < limit; looked += 1) {
    const folder = waiting.pop() as string;
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isDirectory()) waiting.push(path.join(folder, entry.name));
      else if (chinese.test(entry.name)) return true;
    }
  }
  return false;
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
