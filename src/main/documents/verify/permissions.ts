import type { SignatureReport } from '../../../shared/domain/index.ts';
import { isName, type PdfDict, type PdfFile, PdfString, type SignatureField } from '../pdf/index.ts';
import type { Changes } from './changes.ts';

type ChangeKind = SignatureReport['changesAfter'][number];

/** What a signature lets others do to the file after it (ISO 32000-2, 12.8.2.2 and 12.8.2.4). */
export interface Permissions {
  /** /P of a certification: 1 nothing, 2 fill in and sign, 3 annotate as well; undefined: not certified. */
  docMdp: 1 | 2 | 3 | undefined;
  /** Whether a form field is locked by name. */
  isLocked(field: string): boolean;
}

/** The permissions that hold after this signature: of the file's certification, and this field's own locks. */
export function permissionsAfter(file: PdfFile, field: SignatureField): Permissions {
  const locks = [file.dict(field.dict.get('Lock'))];
  let docMdp = certification(file);
  for (const reference of file.array(field.value?.get('Reference')) ?? []) {
    const dict = file.dict(reference);
    const parameters = file.dict(dict?.get('TransformParams'));
    if (isName(dict?.get('TransformMethod'), 'FieldMDP')) locks.push(parameters);
    if (isName(dict?.get('TransformMethod'), 'DocMDP')) docMdp ??= level(parameters);
  }
  // /P in a lock dictionary (PDF 2.0) narrows what the certification allows.
  for (const lock of locks) {
    const p = lock?.getInt('P');
    if (p === 1 || p === 2 || p === 3) docMdp = docMdp === undefined ? p : (Math.min(docMdp, p) as 1 | 2 | 3);
  }
  return { docMdp, isLocked: (name) => locks.some((lock) => lock !== undefined && locked(file, lock, name)) };
}

/** /P of the file's certification signature (catalog, /Perms), undefined where it has none. */
function certification(file: PdfFile): 1 | 2 | 3 | undefined {
  const signature = file.dict(file.dict(file.catalog.get('Perms'))?.get('DocMDP'));
  if (!signature) return undefined;
  for (const reference of file.array(signature.get('Reference')) ?? []) {
    const dict = file.dict(reference);
    if (isName(dict?.get('TransformMethod'), 'DocMDP')) return level(file.dict(dict?.get('TransformParams')));
  }
  return 2;
}

/** 2 is the default (table 257); what the standard doesn't know allows the least. */
function level(parameters: PdfDict | undefined): 1 | 2 | 3 {
  const p = parameters?.get('P') ?? 2;
  return p === 2 || p === 3 ? p : 1;
}

function locked(file: PdfFile, lock: PdfDict, name: string): boolean {
  const named = (file.array(lock.get('Fields')) ?? []).some((item) => {
    const text = file.resolve(item);
    if (!(text instanceof PdfString)) return false;
    const field = text.toText();
    return name === field || name.startsWith(`${field}.`);
  });
  const action = lock.getName('Action');
  if (action === 'All') return true;
  if (action === 'Include') return named;
  if (action === 'Exclude') return !named;
  return false;
}

/** Whether what came after a signature is all of a kind that it allows. */
export function allows(permissions: Permissions, changes: Changes): boolean {
  if (changes.stray) return false;
  const allowed = new Set<ChangeKind>(['validation-data', 'other']);
  if (permissions.docMdp !== 1) allowed.add('signature').add('form-filled');
  if (permissions.docMdp === 3) allowed.add('annotation');
  for (const kind of changes.kinds) if (!allowed.has(kind)) return false;
  for (const field of changes.fields) if (permissions.isLocked(field)) return false;
  return true;
}
