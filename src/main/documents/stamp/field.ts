import type { RectMm } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import {
  type PageGeometry,
  type PageInfo,
  PdfDict,
  type PdfFile,
  PdfName,
  type PdfObject,
  PdfRef,
  PdfString,
} from '../pdf/index.ts';
import type { IncrementalUpdate } from '../pdf/write/index.ts';
import type { MarkAppearance } from './appearance.ts';

/** Print, and locked: nobody moves or deletes a stamp by accident (ISO 32000-2, 12.5.3). */
const annotationFlags = 4 | 128;
/** Signatures exist; append only (12.7.3, table 225). */
const signatureFlags = 3;

/** A page that gets the stamp, and where on it. */
export interface PlacedMark {
  readonly page: PageInfo;
  readonly geometry: PageGeometry;
  readonly rect: RectMm;
}

/** The first of Seal1, Seal2 ... that is not taken; Picture1 ... for what shows a signature picture. */
export function freeFieldName(stem: 'Seal' | 'Picture', ...taken: ReadonlySet<string>[]): string {
  for (let number = 1; ; number++) {
    const name = `${stem}${number}`;
    if (!taken.some((names) => names.has(name))) return name;
  }
}

export interface NewField {
  readonly name: string;
  /** For people and for screen readers: what this field is. */
  readonly description: string;
  readonly signature: PdfRef;
  readonly places: readonly PlacedMark[];
  readonly appearance: MarkAppearance;
  /** The file specification of the seal; null for a signature picture. */
  readonly seal: PdfRef | null;
}

/**
 * Adds a signed signature field with a widget on each page of `places`: one dictionary for both when there is one
 * page, a field with widgets as its kids when there are more (12.7.4.1). Touches the form, and each page's
 * annotations, where they are written.
 */
export function addSignatureField(update: IncrementalUpdate, file: PdfFile, field: NewField): PdfRef {
  const fieldDict = PdfDict.of({
    FT: PdfName.of('Sig'),
    T: PdfString.text(field.name),
    TU: PdfString.text(field.description),
    V: field.signature,
  });
  const [only, ...more] = field.places;
  if (!only) throw new TypeError('a stamp without a page');
  const ref = update.allocate();
  if (more.length === 0) {
    const widget = widgetDict(only, field);
    for (const [key, value] of fieldDict.entries()) widget.set(key, value);
    update.put(ref, widget);
    addAnnotation(update, file, only, ref);
  } else {
    const kids = field.places.map((place) => {
      const widget = widgetDict(place, field).set('Parent', ref);
      // Inherited anyway; but poppler and MuPDF look for the value in the widget itself and call the field unsigned.
      widget.set('FT', PdfName.of('Sig')).set('V', field.signature);
      const kid = update.add(widget);
      addAnnotation(update, file, place, kid);
      return kid;
    });
    update.put(ref, fieldDict.set('Kids', kids));
  }
  addToForm(update, file, ref);
  return ref;
}

function widgetDict(place: PlacedMark, { appearance, seal }: NewField): PdfDict {
  const { rect } = place.geometry.toUser(place.rect);
  const dict = PdfDict.of({
    Type: PdfName.of('Annot'),
    Subtype: PdfName.of('Widget'),
    Rect: rect.map((value) => Math.round(value * 10_000) / 10_000),
    P: place.page.ref,
    F: annotationFlags,
    AP: PdfDict.of({ N: appearance.form(place.page.rotate) }),
  });
  // An associated file of the annotation (ISO 32000-2, 14.13.8): every place where the seal is seen leads to it.
  if (seal) dict.set('AF', [seal]);
  if (place.page.rotate !== 0) dict.set('MK', PdfDict.of({ R: place.page.rotate }));
  return dict;
}

/** Appends to /Annots: the array where it is an object of its own, otherwise the page that holds it. */
function addAnnotation(update: IncrementalUpdate, file: PdfFile, { page }: PlacedMark, widget: PdfRef): void {
  const { annots } = page;
  const array = arrayOf(update, file, annots) ?? [];
  if (annots instanceof PdfRef && arrayOf(update, file, annots)) {
    update.put(lastRef(file, annots), [...array, widget]);
    return;
  }
  const current = update.get(page.ref);
  const dict = current instanceof PdfDict ? current : page.dict.clone();
  const own = file.array(dict.get('Annots')) ?? [];
  update.put(page.ref, dict.set('Annots', [...own, widget]));
}

/** An array as this update leaves it. */
function arrayOf(
  update: IncrementalUpdate,
  file: PdfFile,
  object: PdfObject | undefined,
): PdfObject[] | undefined {
  if (object instanceof PdfRef) {
    const changed = update.get(lastRef(file, object));
    if (Array.isArray(changed)) return changed;
  }
  return file.array(object);
}

/** The last reference of a chain of them: an object that is itself just a reference. */
function lastRef(file: PdfFile, ref: PdfRef): PdfRef {
  let last = ref;
  for (let step = 0; step < 32; step++) {
    const next = file.get(last);
    if (!(next instanceof PdfRef)) return last;
    last = next;
  }
  return last;
}

/** Appends to the form's /Fields and raises /SigFlags, in the innermost objects that hold them. */
function addToForm(update: IncrementalUpdate, file: PdfFile, field: PdfRef): void {
  const { catalog } = file;
  const value = catalog.get('AcroForm');
  const form = file.dict(value);
  if (!form) {
    const fresh = update.add(PdfDict.of({ Fields: [field], SigFlags: signatureFlags }));
    putCatalog(update, file, catalog.clone().set('AcroForm', fresh));
    return;
  }
  const changed = form.clone();
  let formChanges = false;
  const fields = form.get('Fields');
  const list = file.array(fields);
  if (fields instanceof PdfRef && list) update.put(lastRef(file, fields), [...list, field]);
  else {
    changed.set('Fields', [...(list ?? []), field]);
    formChanges = true;
  }
  const flags = file.resolve(form.get('SigFlags'));
  const raised = (typeof flags === 'number' && Number.isInteger(flags) ? flags : 0) | signatureFlags;
  if (flags !== raised) {
    changed.set('SigFlags', raised);
    formChanges = true;
  }
  if (!formChanges) return;
  if (value instanceof PdfRef) update.put(lastRef(file, value), changed);
  else putCatalog(update, file, catalog.clone().set('AcroForm', changed));
}

function putCatalog(update: IncrementalUpdate, file: PdfFile, catalog: PdfDict): void {
  const root = file.trailer.get('Root');
  if (!(root instanceof PdfRef)) throw new YinkeyError('document.damaged', { what: 'root' });
  update.put(lastRef(file, root), catalog);
}
