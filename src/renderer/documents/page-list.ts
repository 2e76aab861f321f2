/** Why a list of pages can't be taken, as a word for texts: `documents:pages.trouble.<word>`. */
export type PageListTrouble = 'empty' | 'not-a-list' | 'missing' | 'backwards' | 'too-long';

export type PageList = { ok: true; pages: number[] } | { ok: false; trouble: PageListTrouble; page: number };

/**
 * Reads '1-3,5' (1-based; full-width signs and the Chinese list comma are taken as well) for a file of `count`
 * pages: sorted, each page once.
 */
export function parsePageList(text: string, count: number): PageList {
  const refuse = (trouble: PageListTrouble, page = 0): PageList => ({ ok: false, trouble, page });
  if (text.length > 2000) return refuse('too-long');
  const plain = text
    .replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[，、；;]/g, ',')
    .replace(/[－–—~～]/g, '-')
    .replace(/\s+/g, '');
  if (plain === '') return refuse('empty');
  const pages = new Set<number>();
  for (const part of plain.split(',')) {
    const found = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part);
    if (!found) return refuse('not-a-list');
    const first = Number(found[1]);
    const last = found[2] === undefined ? first : Number(found[2]);
    if (first < 1 || first > count) return refuse('missing', first);
    if (last < 1 || last > count) return refuse('missing', last);
    if (last < first) return refuse('backwards', first);
    for (let page = first; page <= last; page++) pages.add(page);
  }
  return { ok: true, pages: [...pages].sort((a, b) => a - b) };
}

/** The shortest text for a list of pages: [1,2,3,5] -> '1-3,5'. The way back of `parsePageList`. */
export function formatPageList(pages: readonly number[]): string {
  const parts: string[] = [];
  let first: number | undefined;
  let last: number | undefined;
  const close = () => {
    if (first !== undefined && last !== undefined)
      parts.push(first === last ? `${first}` : `${first}-${last}`);
  };
  for (const page of pages) {
    if (last !== undefined && page === last + 1) {
      last = page;
      continue;
    }
    close();
    first = page;
    last = page;
  }
  close();
  return parts.join(',');
}
