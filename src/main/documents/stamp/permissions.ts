import { YinkeyError } from '../../../shared/errors/index.ts';
import { isName, type PdfDict, type PdfFile, PdfRef, type SignatureField } from '../pdf/index.ts';
import { textOf, transformParams } from './fields.ts';

// Permission bits (ISO 32000-2, table 22), counted from 1.
const modifyContents = 1 << 3;
const annotateAndFill = 1 << 5;

/**
 * What the file itself says against a new seal, each reason once, the gravest first; empty: it may be stamped.
 * Codes: document.xfa, document.permission-denied, document.certified-no-changes, document.locked, document.damaged.
 */
export function obstacles(file: PdfFile, fields: readonly SignatureField[]): YinkeyError[] {
  const found: YinkeyError[] = [];
  if (hasXfa(file)) found.push(new YinkeyError('document.xfa'));
  if (!mayAddField(file)) found.push(new YinkeyError('document.permission-denied'));
  if (certifiedAgainstChanges(file, fields)) found.push(new YinkeyError('document.certified-no-changes'));
  const lock = lockingField(file, fields);
  if (lock !== null) found.push(new YinkeyError('document.locked', { field: lock }));
  if (hasLostEncryption(file)) found.push(new YinkeyError('document.damaged', { what: 'encryption' }));
  return found;
}

/** XFA forms carry their own description of the page: what is stamped on the PDF's pages isn't what they show. */
function hasXfa(file: PdfFile): boolean {
  const form = file.dict(file.catalog.get('AcroForm'));
  return file.resolve(form?.get('XFA')) !== null;
}

/**
 * A new signature field takes bit 6 and, to create it, bit 4 (table 22); the owner may do anything. Bit 9 alone
 * permits signing fields that are there already, which is another thing than placing a seal.
 */
function mayAddField({ encryption }: PdfFile): boolean {
  if (!encryption || encryption.ownerAccess) return true;
  return (encryption.permissions & modifyContents) !== 0 && (encryption.permissions & annotateAndFill) !== 0;
}

/** Certified with P 1: no changes at all (12.8.2.2). P 2 and 3 allow signing. */
function certifiedAgainstChanges(file: PdfFile, fields: readonly SignatureField[]): boolean {
  const permissions = file.dict(file.catalog.get('Perms'));
  const certification = file.dict(permissions?.get('DocMDP'));
  const signatures = fields.flatMap(({ value }) => (value ? [value] : []));
  if (certification) signatures.push(certification);
  return signatures.some((signature) =>
    transformParams(file, signature, 'DocMDP').some((params) => file.resolve(params.get('P')) === 1),
  );
}

/**
 * The name of a signed field that locks the form against new fields (12.7.5.5, 12.8.2.4): every field, or every
 * field but those it names, or all changes (P 1). Null where none does; a list of locked fields can't name ours.
 */
function lockingField(file: PdfFile, fields: readonly SignatureField[]): string | null {
  for (const { name, dict, value } of fields) {
    if (!value) continue;
    const lock = file.dict(dict.get('Lock'));
    const rules: PdfDict[] = [...(lock ? [lock] : []), ...transformParams(file, value, 'FieldMDP')];
    const locks = rules.some((rule) => {
      const action = file.resolve(rule.get('Action'));
      return isName(action, 'All') || isName(action, 'Exclude');
    });
    if (locks || file.resolve(lock?.get('P')) === 1) return name;
  }
  return null;
}

/** Names that a signed field has locked: a new field takes none of them. */
export function lockedNames(file: PdfFile, fields: readonly SignatureField[]): Set<string> {
  const names = new Set<string>();
  for (const { dict, value } of fields) {
    if (!value) continue;
    const lock = file.dict(dict.get('Lock'));
    for (const rule of [...(lock ? [lock] : []), ...transformParams(file, value, 'FieldMDP')]) {
      for (const item of file.array(rule.get('Fields')) ?? []) {
        const name = textOf(file, item);
        if (name !== null) names.add(name);
      }
    }
  }
  return names;
}

/**
 * A file that had to be repaired, whose trailer no longer names the encryption that its objects have: a new table
 * would make every reader show cipher text.
 */
function hasLostEncryption(file: PdfFile): boolean {
  if (!file.repaired || file.encryption) return false;
  for (const [num, entry] of file.entries()) {
    const dict = readable(file, new PdfRef(num, entry.kind === 'offset' ? entry.gen : 0));
    if (dict && isName(dict.get('Filter'), 'Standard') && dict.has('O') && dict.has('U')) return true;
  }
  return false;
}

/** A dictionary among objects of which some may be broken. */
function readable(file: PdfFile, ref: PdfRef): PdfDict | undefined {
  try {
    return file.dict(ref);
  } catch (error) {
    if (error instanceof YinkeyError && error.code === 'document.damaged') return undefined;
    throw error;
  }
}
