import type { PdfFile } from './file.ts';
import { PdfDict, type PdfObject, PdfRef } from './objects.ts';
import type { Rectangle } from './pages.ts';

/** A signature field (ISO 32000-2, 12.7.5.5), signed or not. */
export interface SignatureField {
  /** Fully qualified name (12.7.4.2). */
  name: string;
  ref: PdfRef | null;
  dict: PdfDict;
  /** The signature dictionary; null while the field is not signed. */
  value: PdfDict | null;
  /** Where it is drawn: page counted from 0 and rectangle in default user space. Invisible ones are left out. */
  widgets: { page: number; rect: Rectangle }[];
}

const maxDepth = 64;
const maxFields = 100_000;

/** All signature fields of the form, in the order of the form. Damaged branches are passed over. */
export function signatureFields(file: PdfFile): SignatureField[] {
  const form = file.dict(file.catalog.get('AcroForm'));
  if (!form) return [];
  const found: Omit<SignatureField, 'widgets'>[] = [];
  const widgetDicts: { field: number; dict: PdfDict; ref: PdfObject }[] = [];
  const seen = new Set<number>();

  const walk = (
    value: PdfObject,
    prefix: string,
    inherited: { type?: string; value?: PdfObject },
    depth: number,
  ) => {
    if (depth > maxDepth || seen.size > maxFields) return;
    if (value instanceof PdfRef) {
      if (seen.has(value.num)) return;
      seen.add(value.num);
    }
    const dict = file.dict(value);
    if (!dict) return;
    const partial = file.resolve(dict.get('T'));
    const part =
      partial !== null && typeof partial === 'object' && 'toText' in partial ? partial.toText() : undefined;
    const name = part === undefined ? prefix : prefix === '' ? part : `${prefix}.${part}`;
    const type = dict.getName('FT') ?? inherited.type;
    const own = dict.get('V') ?? inherited.value;
    const kids = file.array(dict.get('Kids')) ?? [];
    const fields = kids.filter((kid) => file.dict(kid)?.has('T'));
    if (type === 'Sig' && fields.length === 0) {
      const signature = file.resolve(own);
      const index = found.length;
      found.push({
        name,
        ref: value instanceof PdfRef ? value : null,
        dict,
        value: signature instanceof PdfDict ? signature : null,
      });
      if (dict.has('Rect')) widgetDicts.push({ field: index, dict, ref: value });
      for (const kid of kids) {
        const widget = file.dict(kid);
        if (widget?.has('Rect')) widgetDicts.push({ field: index, dict: widget, ref: kid });
      }
      return;
    }
    const next = { ...(type === undefined ? {} : { type }), ...(own === undefined ? {} : { value: own }) };
    for (const kid of fields) walk(kid, name, next, depth + 1);
  };
  for (const field of file.array(form.get('Fields')) ?? []) walk(field, '', {}, 0);

  const result = found.map((field): SignatureField => ({ ...field, widgets: [] }));
  const pages = new PageFinder(file);
  for (const { field, dict, ref } of widgetDicts) {
    const rect = rectangle(file, dict.get('Rect'));
    if (!rect || rect[2] <= rect[0] || rect[3] <= rect[1]) continue;
    const page = pages.find(dict, ref);
    if (page !== undefined) result[field]?.widgets.push({ page, rect });
  }
  return result;
}

function rectangle(file: PdfFile, value: PdfObject | undefined): Rectangle | undefined {
  const numbers = file.array(value)?.map((item) => file.resolve(item));
  if (numbers?.length !== 4 || !numbers.every((item) => typeof item === 'number')) return undefined;
  const [a, b, c, d] = numbers as [number, number, number, number];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

/** Which page a widget is on: /P where it says so, else the page whose /Annots has it. */
class PageFinder {
  readonly #file: PdfFile;
  #byPage: Map<number, number> | undefined;
  #byAnnotation: Map<number, number> | undefined;

  constructor(file: PdfFile) {
    this.#file = file;
  }

  find(widget: PdfDict, ref: PdfObject): number | undefined {
    const page = widget.getRef('P');
    return (
      (page && this.#pages().get(page.num)) ??
      (ref instanceof PdfRef ? this.#annotations().get(ref.num) : undefined)
    );
  }

  #pages(): Map<number, number> {
    if (!this.#byPage) {
      this.#byPage = new Map();
      for (let index = 0; index < this.#file.pageCount; index++)
        this.#byPage.set(this.#file.page(index).ref.num, index);
    }
    return this.#byPage;
  }

  #annotations(): Map<number, number> {
    if (!this.#byAnnotation) {
      this.#byAnnotation = new Map();
      for (let index = 0; index < this.#file.pageCount; index++) {
        for (const item of this.#file.array(this.#file.page(index).annots) ?? []) {
          if (item instanceof PdfRef) this.#byAnnotation.set(item.num, index);
        }
      }
    }
    return this.#byAnnotation;
  }
}
