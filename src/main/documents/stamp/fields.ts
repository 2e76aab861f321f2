import type { ExistingSeal } from '../../../shared/domain/index.ts';
import {
  isName,
  type PdfDict,
  type PdfFile,
  type PdfObject,
  PdfString,
  pageGeometry,
  type SignatureField,
} from '../pdf/index.ts';

/** The signature fields as the windows see them: pages counted from 1, millimetres as the page is shown. */
export function existingSeals(file: PdfFile, fields: readonly SignatureField[]): ExistingSeal[] {
  return fields.map(({ name, value, widgets }) => ({
    field: name,
    signed: value !== null,
    widgets: widgets.map(({ page, rect }) => ({
      page: page + 1,
      rect: pageGeometry(file.page(page)).toMm(rect),
    })),
  }));
}

/** Partial names of the form's root fields: a new field must not be called like one of them. */
export function rootFieldNames(file: PdfFile): Set<string> {
  const names = new Set<string>();
  const form = file.dict(file.catalog.get('AcroForm'));
  for (const field of file.array(form?.get('Fields')) ?? []) {
    const name = textOf(file, file.dict(field)?.get('T'));
    if (name !== null) names.add(name);
  }
  return names;
}

/** The parameters of a signature's /Reference entries with this transform method (ISO 32000-2, 12.8.2). */
export function transformParams(file: PdfFile, signature: PdfDict, method: string): PdfDict[] {
  return (file.array(signature.get('Reference')) ?? []).flatMap((item) => {
    const reference = file.dict(item);
    if (!reference || !isName(file.resolve(reference.get('TransformMethod')), method)) return [];
    const params = file.dict(reference.get('TransformParams'));
    return params ? [params] : [];
  });
}

/** A text string's text; null where it is no string. */
export function textOf(file: PdfFile, object: PdfObject | undefined): string | null {
  const value = file.resolve(object);
  return value instanceof PdfString ? value.toText() : null;
}
