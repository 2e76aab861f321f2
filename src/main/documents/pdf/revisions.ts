import type { Budget } from './limits.ts';
import type { PdfDict } from './objects.ts';
import { Parser } from './parser.ts';
import type { ByteSource } from './source.ts';
import { readSection, type XrefContext, type XrefForm, type XrefSection, XrefTable } from './xref.ts';

/** One revision of a file: what one run of a writer appended (7.5.6). A linearised file's two sections are one. */
export interface Revision {
  /** Offset of its cross-reference section in the source. */
  startxref: number;
  /** The offset after its %%EOF and the line end behind it; null where no %%EOF follows the section. */
  end: number | null;
  form: XrefForm;
  trailer: PdfDict;
  /** Its sections, newest first. */
  sections: XrefSection[];
}

/** Groups a chain of sections (newest first) into revisions, oldest first. */
export function readRevisions(source: ByteSource, budget: Budget, sections: XrefSection[]): Revision[] {
  const revisions: Revision[] = [];
  for (let at = 0; at < sections.length; ) {
    const group = [sections[at] as XrefSection];
    // Revisions stand one behind the other. A section whose predecessor stands behind it is the first part of a
    // linearised file, written together with that predecessor (annex F.3.5).
    while (at + group.length < sections.length) {
      const next = sections[at + group.length] as XrefSection;
      if (next.offset < (group.at(-1) as XrefSection).offset) break;
      group.push(next);
    }
    at += group.length;
    const [newest] = group as [XrefSection];
    const last = group.reduce((a, b) => (a.offset > b.offset ? a : b));
    revisions.push({
      startxref: newest.offset,
      end: endOfRevision(source, budget, last.end),
      form: newest.form,
      trailer: newest.trailer,
      sections: group,
    });
  }
  return revisions.reverse();
}

/** What the sections of a revision say, in their order of precedence. */
export function revisionEntries(context: XrefContext, revision: Revision): XrefTable {
  const entries = new XrefTable();
  for (const section of revision.sections) {
    readSection(context, section.offset, (num, entry) => entries.setOlder(num, entry));
  }
  return entries;
}

/** From the end of a section over `startxref`, its number and `%%EOF` to the end of that line. */
function endOfRevision(source: ByteSource, budget: Budget, from: number): number | null {
  const parser = new Parser(source, from, budget);
  parser.takeKeyword('endstream');
  parser.takeKeyword('endobj');
  if (!parser.takeKeyword('startxref') || parser.takeInteger() < 0) return null;
  let at = parser.pos;
  for (let count = 0; count < 64 && [0x00, 0x09, 0x0a, 0x0c, 0x0d, 0x20].includes(parser.byteAt(at)); count++)
    at++;
  if (source.read(at, 5).toString('latin1') !== '%%EOF') return null;
  at += 5;
  if (parser.byteAt(at) === 0x0d) at++;
  if (parser.byteAt(at) === 0x0a) at++;
  return at;
}
