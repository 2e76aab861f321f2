/** Objects by number, each as PDF syntax without `obj` and `endobj`. */
export type RawObjects = Map<number, string>;

/** How {@link buildPdf} writes a file. */
export interface BuildOptions {
  version?: string;
  /** Bytes before the header. */
  junkBefore?: string;
  /** Whether offsets count from the first byte of the file or from the header. */
  offsetsFrom?: 'file' | 'header';
  /** Bytes after the last %%EOF. */
  junkAfter?: string;
  /** More entries of the trailer, as PDF syntax. */
  trailer?: string;
  /** Line end of the cross-reference entries. */
  entryEnd?: string;
  /** Added to every offset in the table: a table that is wrong. */
  offsetError?: number;
  /** Added to the number behind startxref. */
  startxrefError?: number;
  /** These objects go into an object stream that only readers of 1.5 and up find: a hybrid file (7.5.8.4). */
  hidden?: number[];
  /** Whether the table calls the hidden objects free, or leaves them out. */
  hiddenAs?: 'free' | 'absent';
}

/** Writes a PDF by hand with a cross-reference table: plain, and wrong in the ways that are asked for. */
export function buildPdf(objects: RawObjects, root: number, options: BuildOptions = {}): Buffer {
  const before = options.junkBefore ?? '';
  let body = `${before}%PDF-${options.version ?? '1.7'}\n%\u00e2\u00e3\u00cf\u00d3\n`;
  const base = options.offsetsFrom === 'header' ? before.length : 0;
  const hidden = new Set(options.hidden ?? []);
  const offsets = new Map<number, number>();
  const put = (num: number, text: string) => {
    offsets.set(num, body.length - base);
    body += `${num} 0 obj\n${text}\nendobj\n`;
  };
  for (const [num, text] of objects) if (!hidden.has(num)) put(num, text);
  let size = Math.max(...objects.keys()) + 1;
  let hybrid = '';
  if (hidden.size > 0) {
    const [container, index] = [size, size + 1];
    size += 2;
    put(container, objectStream([...hidden].map((num) => [num, objects.get(num) ?? 'null'])));
    const rows = [...hidden].map((num, place) => [num, 2, container, place] as const);
    hybrid = `/XRefStm ${body.length - base}`;
    put(index, xrefStream(rows, `/Size ${size}`));
  }
  const startxref = body.length - base;
  const end = options.entryEnd ?? ' \n';
  body += `xref\n0 ${runLength(hidden, 0, size, options)}\n0000000000 65535 f${end}`;
  for (let num = 1; num < size; num++) {
    if (options.hiddenAs === 'absent' && hidden.has(num)) continue;
    if (options.hiddenAs === 'absent' && hidden.has(num - 1))
      body += `${num} ${runLength(hidden, num, size, options)}\n`;
    const offset = offsets.get(num);
    const [place, letter] = offset === undefined ? [0, 'f'] : [offset + (options.offsetError ?? 0), 'n'];
    body += `${String(place).padStart(10, '0')} ${offset === undefined ? '65535' : '00000'} ${letter}${end}`;
  }
  body += `trailer\n<</Size ${size}/Root ${root} 0 R${hybrid}${options.trailer ?? ''}>>\n`;
  body += `startxref\n${startxref + (options.startxrefError ?? 0)}\n%%EOF\n${options.junkAfter ?? ''}`;
  return Buffer.from(body, 'latin1');
}

/** How many entries from `start` on stand in one subsection of the table. */
function runLength(hidden: ReadonlySet<number>, start: number, size: number, options: BuildOptions): number {
  let num = start;
  while (num < size && !(options.hiddenAs === 'absent' && hidden.has(num))) num++;
  return num - start;
}

/** Appends an update with a table (7.5.6) to a file whose last startxref and size are known. */
export function appendUpdate(file: Buffer, objects: RawObjects, root: number): Buffer {
  const tail = file.toString('latin1');
  const previous = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(tail)?.[1];
  const size = Math.max(
    ...[...tail.matchAll(/\/Size (\d+)/g)].map((match) => Number(match[1])),
    ...[...objects.keys()].map((num) => num + 1),
  );
  if (previous === undefined) throw new Error('no startxref at the end');
  let body = '';
  let sections = '';
  for (const [num, text] of objects) {
    sections += `${num} 1\n${String(file.length + body.length).padStart(10, '0')} 00000 n \n`;
    body += `${num} 0 obj\n${text}\nendobj\n`;
  }
  const startxref = file.length + body.length;
  body += `xref\n${sections}trailer\n<</Size ${size}/Root ${root} 0 R/Prev ${previous}>>\nstartxref\n${startxref}\n%%EOF\n`;
  return Buffer.concat([file, Buffer.from(body, 'latin1')]);
}

/** An object stream (7.5.7), not compressed. */
export function objectStream(items: (readonly [number, string])[]): string {
  let heads = '';
  let content = '';
  for (const [num, text] of items) {
    heads += `${num} ${content.length} `;
    content += `${text}\n`;
  }
  const data = heads + content;
  return `<</Type/ObjStm/N ${items.length}/First ${heads.length}/Length ${data.length}>>\nstream\n${data}\nendstream`;
}

/** A cross-reference stream (7.5.8) of rows [number, type, second, third], not compressed. */
function xrefStream(rows: (readonly [number, number, number, number])[], entries: string): string {
  const bytes = rows.map(([, type, second, third]) => {
    const row = Buffer.alloc(7);
    row.writeUInt8(type, 0);
    row.writeUInt32BE(second, 1);
    row.writeUInt16BE(third, 5);
    return row.toString('latin1');
  });
  const index = rows.map(([num]) => `${num} 1`).join(' ');
  return `<</Type/XRef/W[1 4 2]/Index[${index}]${entries}/Length ${rows.length * 7}>>\nstream\n${bytes.join('')}\nendstream`;
}

/** A page of {@link pagesDocument}: its own attributes as PDF syntax. */
export interface RawPage {
  /** Entries of the page dictionary, such as `/MediaBox[0 0 595 842]/Rotate 90`. */
  attributes: string;
}

/** Numbers of the first objects of {@link pagesDocument}; pages are `firstPage`, `firstPage` + 2 and so on. */
export const documentNumbers = { catalog: 1, pages: 2, font: 3, firstPage: 4 } as const;

/**
 * A document with a frame and a line of text on each page. `catalog` and `pages` are more entries of the catalog
 * and of the page tree's root; `extra` are more objects, numbered from `documentNumbers.firstPage + 2 * pages`.
 */
export function pagesDocument(
  pages: RawPage[],
  more: { catalog?: string; pages?: string; extra?: string[] } = {},
): RawObjects {
  const { catalog, pages: tree, font, firstPage } = documentNumbers;
  const kids = pages.map((_, index) => `${firstPage + 2 * index} 0 R`).join(' ');
  const objects: RawObjects = new Map([
    [catalog, `<</Type/Catalog/Pages ${tree} 0 R${more.catalog ?? ''}>>`],
    [
      tree,
      `<</Type/Pages/Count ${pages.length}/Kids[${kids}]/Resources<</Font<</F1 ${font} 0 R>>>>${more.pages ?? ''}>>`,
    ],
    [font, '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'],
  ]);
  pages.forEach((page, index) => {
    const num = firstPage + 2 * index;
    const content = `BT /F1 18 Tf 72 420 Td (Page ${index + 1}) Tj ET 0.8 G 36 36 300 300 re S`;
    objects.set(num, `<</Type/Page/Parent ${tree} 0 R/Contents ${num + 1} 0 R${page.attributes}>>`);
    objects.set(num + 1, `<</Length ${content.length}>>\nstream\n${content}\nendstream`);
  });
  more.extra?.forEach((text, index) => {
    objects.set(firstPage + 2 * pages.length + index, text);
  });
  return objects;
}
