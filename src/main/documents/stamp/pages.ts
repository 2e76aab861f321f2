import { YinkeyError } from '../../../shared/errors/index.ts';

/**
 * The pages of an expression, 1-based, rising, each once: '1', 'all', '1-3,5', '-2' up to 2, '7-' from 7 to the
 * end. White space around numbers is allowed.
 * @throws usage when it can't be read; document.page-missing when it names a page that isn't there.
 */
export function parsePages(expression: string, pageCount: number): number[] {
  const text = expression.trim().toLowerCase();
  if (text === 'all') return Array.from({ length: pageCount }, (_, index) => index + 1);
  const chosen = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(?:(\d{1,9})|(\d{0,9})\s*-\s*(\d{0,9}))\s*$/.exec(part);
    if (!match || (match[1] === undefined && !match[2] && !match[3])) throw notPages(expression);
    const first = Number(match[1] ?? (match[2] || 1));
    const last = Number(match[1] ?? (match[3] || pageCount));
    // An open range that begins after the last page names that page.
    const missing = [first, last].find((page) => page < 1 || page > pageCount);
    if (missing !== undefined)
      throw new YinkeyError('document.page-missing', { page: missing, pages: pageCount });
    if (first > last) throw notPages(expression);
    for (let page = first; page <= last; page++) chosen.add(page);
  }
  return [...chosen].sort((one, other) => one - other);
}

function notPages(expression: string): YinkeyError {
  return new YinkeyError('usage', {
    option: 'pages',
    value: expression.slice(0, 100),
    what: `pages ${expression.slice(0, 100)}`,
  });
}
