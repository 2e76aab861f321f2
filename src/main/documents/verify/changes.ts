import type { SignatureReport } from '../../../shared/domain/index.ts';
import { isName, PdfDict, type PdfFile, type PdfObject, PdfRef, PdfStream } from '../pdf/index.ts';
import { eachRef, same, sameExcept, sameObject } from './compare.ts';

type ChangeKind = SignatureReport['changesAfter'][number];

export interface Changes {
  kinds: Set<ChangeKind>;
  /** Full names of form fields that were signed or filled in. */
  fields: Set<string>;
  /** There are bytes after the signed revision that are no revision: nobody can say what they are for. */
  stray: boolean;
}

/** Entries that a field or widget gains when it is filled in or signed. */
const fillable = ['V', 'RV', 'AP', 'AS', 'I', 'M', 'Kids', 'Parent', 'Lock', 'SV', 'F', 'MK', 'Rect', 'P'];
const maxFieldDepth = 64;
const maxFields = 100_000;

/**
 * What an incremental update changed, told by comparing the file before and after it (`before` is the signed
 * revision). The rule is "nothing but": each object that existed and says something else now must be accounted
 * for by one of the changes that are known to be harmless; what is left over is a change of content.
 * New objects count only where something that was there before leads to them.
 */
export function changesBetween(before: PdfFile, after: PdfFile): Changes {
  return new Comparison(before, after).run();
}

class Comparison {
  readonly #before: PdfFile;
  readonly #after: PdfFile;
  readonly #kinds = new Set<ChangeKind>();
  readonly #fields = new Set<string>();
  /** Numbers of objects whose change is accounted for. */
  readonly #explained = new Set<number>();
  /** Widgets (by number) that belong to the form as it is now. */
  readonly #widgets = new Set<number>();
  readonly #visited = new Set<number>();

  constructor(before: PdfFile, after: PdfFile) {
    this.#before = before;
    this.#after = after;
  }

  run(): Changes {
    const changed = this.#changedNumbers();
    if (
      changed.size > 0 ||
      !this.#before.trailer.getRef('Root')?.equals(this.#after.trailer.getRef('Root'))
    ) {
      this.#compareTrailers();
      this.#compareCatalogs();
      this.#comparePages(changed);
      for (const num of changed) if (!this.#explained.has(num)) this.#kinds.add('content');
    }
    // Bytes were added, but the newest cross-reference is still the signed one.
    const stray = this.#after.lastStartxref === this.#before.lastStartxref;
    if (stray) this.#kinds.add('other');
    return { kinds: this.#kinds, fields: this.#fields, stray };
  }

  /**
   * Objects that existed (or that the older file left undefined below its size) and say something else now.
   */
  #changedNumbers(): Set<number> {
    const changed = new Set<number>();
    for (const [num, entry] of this.#after.entries()) {
      const old = this.#before.entry(num);
      if (old && JSON.stringify(old) === JSON.stringify(entry)) continue;
      if (!old || old.kind === 'free') {
        // Beyond the old file's numbers nothing of the old file can point there.
        if (num >= this.#before.nextObjectNumber || entry.kind === 'free') continue;
        changed.add(num);
        continue;
      }
      if (entry.kind !== 'free' && this.#saysTheSame(num)) continue;
      changed.add(num);
    }
    return changed;
  }

  #saysTheSame(num: number): boolean {
    try {
      return sameObject(
        {
          file: this.#before,
          object: this.#before.get(new PdfRef(num, this.#generation(this.#before, num))),
        },
        { file: this.#after, object: this.#after.get(new PdfRef(num, this.#generation(this.#after, num))) },
      );
    } catch {
      return false;
    }
  }

  #generation(file: PdfFile, num: number): number {
    const entry = file.entry(num);
    return entry?.kind === 'offset' ? entry.gen : 0;
  }

  #compareTrailers(): void {
    const before = this.#before.trailer;
    const after = this.#after.trailer;
    for (const key of ['Root', 'Encrypt']) {
      if (!same(before.get(key), after.get(key))) this.#kinds.add('content');
    }
    // The information dictionary says nothing on the page.
    this.#explainMetadata(before.get('Info'));
    this.#explainMetadata(after.get('Info'));
  }

  #explainMetadata(value: PdfObject | undefined): void {
    if (!(value instanceof PdfRef)) return;
    const object = this.#after.resolve(value);
    if (object instanceof PdfDict && (object.has('Type') || object.has('FT') || object.has('Kids'))) return;
    if (object instanceof PdfStream && !isName(object.dict.get('Type'), 'Metadata')) return;
    if (!this.#saysTheSame(value.num) && this.#before.entry(value.num)) this.#kinds.add('other');
    this.#explained.add(value.num);
  }

  #compareCatalogs(): void {
    const before = this.#before.catalog;
    const after = this.#after.catalog;
    const root = this.#after.trailer.getRef('Root');
    const open = ['AcroForm', 'DSS', 'Extensions', 'Version', 'Metadata'];
    if (sameExcept(before, after, open) && root) this.#explained.add(root.num);
    this.#explainMetadata(before.get('Metadata'));
    this.#explainMetadata(after.get('Metadata'));
    if (before.get('Extensions') instanceof PdfRef)
      this.#explained.add((before.get('Extensions') as PdfRef).num);
    if (!same(before.get('DSS'), after.get('DSS')) || this.#differs(after.get('DSS'))) {
      this.#kinds.add('validation-data');
    }
    this.#explainReachable(after.get('DSS'), true);
    this.#compareForms(before.get('AcroForm'), after.get('AcroForm'));
  }

  #differs(value: PdfObject | undefined): boolean {
    return (
      value instanceof PdfRef && this.#before.entry(value.num) !== undefined && !this.#saysTheSame(value.num)
    );
  }

  /**
   * Accounts for what can be reached from a value that may be new or written anew as a whole. Objects that
   * existed are followed only where `also` says so: an old page is never accounted for by a pointer to it.
   */
  #explainReachable(value: PdfObject | undefined, also: boolean): void {
    const waiting: PdfRef[] = [];
    eachRef(value, (ref) => waiting.push(ref));
    const seen = new Set<number>();
    for (let ref = waiting.pop(); ref; ref = waiting.pop()) {
      if (seen.has(ref.num) || seen.size > maxFields) continue;
      seen.add(ref.num);
      const old = this.#before.entry(ref.num);
      const existed = old !== undefined && old.kind !== 'free';
      if (existed && !also) continue;
      const object = this.#after.resolve(ref);
      const dict = object instanceof PdfStream ? object.dict : object;
      // The page tree and the form have rules of their own.
      if (dict instanceof PdfDict && /^(Page|Pages|Catalog)$/.test(dict.getName('Type') ?? '')) continue;
      this.#explained.add(ref.num);
      eachRef(object, (next) => waiting.push(next));
    }
  }

  #compareForms(beforeValue: PdfObject | undefined, afterValue: PdfObject | undefined): void {
    const before = this.#dict(this.#before, beforeValue) ?? new PdfDict();
    const after = this.#dict(this.#after, afterValue);
    if (!after) {
      if (before.size > 0) this.#kinds.add('content');
      return;
    }
    const gained = [
      'Fields',
      'SigFlags',
      ...['DR', 'DA', 'NeedAppearances'].filter((key) => !before.has(key)),
    ];
    if (!sameExcept(before, after, gained)) this.#kinds.add('content');
    for (const value of [beforeValue, before.get('Fields')])
      if (value instanceof PdfRef) this.#explained.add(value.num);
    if (afterValue instanceof PdfRef) this.#explained.add(afterValue.num);
    const oldFields = this.#array(this.#before, before.get('Fields'));
    const newFields = this.#array(this.#after, after.get('Fields'));
    if (after.get('Fields') instanceof PdfRef) this.#explained.add((after.get('Fields') as PdfRef).num);
    this.#compareKids(oldFields, newFields, '', 0);
  }

  /** Every old child must still be there; new ones may only be signature fields (or widgets of one). */
  #compareKids(oldKids: PdfObject[], newKids: PdfObject[], prefix: string, depth: number): void {
    if (depth > maxFieldDepth || this.#visited.size > maxFields) {
      this.#kinds.add('content');
      return;
    }
    for (const old of oldKids) if (!newKids.some((kid) => same(kid, old))) this.#kinds.add('content');
    for (const kid of newKids) {
      const known = oldKids.some((old) => same(kid, old));
      if (!(kid instanceof PdfRef)) {
        if (!known) this.#kinds.add('content');
        continue;
      }
      if (this.#visited.has(kid.num)) continue;
      this.#visited.add(kid.num);
      const field = this.#dict(this.#after, kid);
      if (!field) {
        if (!known) this.#kinds.add('content');
        continue;
      }
      const partial = field.getString('T')?.toText();
      const name = partial === undefined ? prefix : prefix ? `${prefix}.${partial}` : partial;
      if (known) this.#compareField(kid, field, name, depth);
      else this.#newField(kid, field, name, depth);
    }
  }

  #newField(ref: PdfRef, field: PdfDict, name: string, depth: number): void {
    this.#widgets.add(ref.num);
    if (this.#fieldType(field) !== 'Sig') {
      this.#kinds.add('content');
      return;
    }
    this.#noteSignature(field, name);
    this.#explained.add(ref.num);
    this.#explainReachable(field, false);
    for (const kid of this.#array(this.#after, field.get('Kids'))) {
      if (kid instanceof PdfRef && depth < maxFieldDepth) this.#widgets.add(kid.num);
    }
  }

  #noteSignature(field: PdfDict, name: string): void {
    const value = this.#dict(this.#after, field.get('V'));
    this.#kinds.add(isName(value?.get('Type'), 'DocTimeStamp') ? 'validation-data' : 'signature');
    this.#fields.add(name);
  }

  #compareField(ref: PdfRef, after: PdfDict, name: string, depth: number): void {
    this.#widgets.add(ref.num);
    const before = this.#dict(this.#before, ref);
    if (!before) {
      this.#kinds.add('content');
      return;
    }
    const type = this.#fieldType(after) ?? this.#fieldType(before);
    // Who signs an empty field may hang a seal on it; on any other field an associated file is new content.
    const signedNow =
      type === 'Sig' && (before.get('V') ?? null) === null && (after.get('V') ?? null) !== null;
    if (!sameExcept(before, after, signedNow ? [...fillable, 'AF'] : fillable)) return;
    this.#compareKids(
      this.#array(this.#before, before.get('Kids')),
      this.#array(this.#after, after.get('Kids')),
      name,
      depth + 1,
    );
    const valueChanged = !same(before.get('V'), after.get('V')) || this.#differs(after.get('V'));
    const looksChanged = ['AP', 'AS', 'F', 'MK', 'Rect', 'P', 'Lock', 'SV', 'Parent'].some(
      (key) => !same(before.get(key), after.get(key)),
    );
    if (type === 'Sig') {
      if (before.get('V') !== undefined && before.get('V') !== null) {
        // A signature that was there stays as it was, look and all.
        if (valueChanged || looksChanged) return;
      } else if (valueChanged) this.#noteSignature(after, name);
      else if (looksChanged) return;
      this.#explained.add(ref.num);
      this.#explainReachable(after.get('V'), false);
      this.#explainReachable(after.get('AP'), false);
      if (signedNow) this.#explainReachable(after.get('AF'), false);
      return;
    }
    const moved = ['F', 'MK', 'Rect', 'P', 'Lock', 'SV', 'Parent'].some(
      (key) => !same(before.get(key), after.get(key)),
    );
    if (moved) return;
    this.#explained.add(ref.num);
    const appearance = this.#appearanceChanged(before, after);
    if (valueChanged || looksChanged || appearance) {
      this.#kinds.add('form-filled');
      this.#fields.add(name);
    }
    this.#explainReachable(after.get('V'), false);
    this.#explainReachable(after.get('AP'), false);
  }

  /** A field's appearance streams may be written anew under their old numbers when it is filled in. */
  #appearanceChanged(before: PdfDict, after: PdfDict): boolean {
    const old = new Set<number>();
    eachRef(before.get('AP'), (ref) => old.add(ref.num));
    let changed = false;
    eachRef(after.get('AP'), (ref) => {
      if (!old.has(ref.num) || !this.#differs(ref)) return;
      const object = this.#after.resolve(ref);
      if (!(object instanceof PdfStream) || !isName(object.dict.get('Subtype'), 'Form')) return;
      this.#explained.add(ref.num);
      changed = true;
    });
    return changed;
  }

  /** The type may stand in a parent (inheritable, 12.7.4.1). */
  #fieldType(field: PdfDict): string | undefined {
    let current: PdfDict | undefined = field;
    for (let depth = 0; current && depth < maxFieldDepth; depth++) {
      const type = current.getName('FT');
      if (type) return type;
      current = this.#dict(this.#after, current.get('Parent'));
    }
    return undefined;
  }

  /** Pages that changed may only have gained annotations; widgets of the form are told apart from other ones. */
  #comparePages(changed: Set<number>): void {
    const open = [...changed].filter((num) => !this.#explained.has(num));
    if (open.length === 0) return;
    const isArray = (num: number) =>
      Array.isArray(this.#after.resolve(new PdfRef(num, this.#generation(this.#after, num))));
    const arrays = new Set(open.filter(isArray));
    const pages = new Set(open.filter((num) => this.#isPage(num)));
    if (pages.size === 0 && arrays.size === 0) return;
    const count = this.#after.pageCount;
    for (let index = 0; index < count && (pages.size > 0 || arrays.size > 0); index++) {
      const { ref } = this.#after.page(index);
      if (!ref) continue;
      const after = this.#dict(this.#after, ref);
      const before = this.#dict(this.#before, ref);
      const annotations = after?.get('Annots');
      const arrayNum = annotations instanceof PdfRef ? annotations.num : undefined;
      if (!pages.has(ref.num) && !(arrayNum !== undefined && arrays.has(arrayNum))) continue;
      if (!after || !before || !sameExcept(before, after, ['Annots'])) continue;
      if (this.#compareAnnotations(before.get('Annots'), annotations)) {
        this.#explained.add(ref.num);
        if (arrayNum !== undefined) this.#explained.add(arrayNum);
        if (before.get('Annots') instanceof PdfRef) this.#explained.add((before.get('Annots') as PdfRef).num);
      }
      pages.delete(ref.num);
      if (arrayNum !== undefined) arrays.delete(arrayNum);
    }
  }

  #isPage(num: number): boolean {
    const object = this.#after.resolve(new PdfRef(num, this.#generation(this.#after, num)));
    return object instanceof PdfDict && isName(object.get('Type'), 'Page');
  }

  /** True when nothing went and what came is accounted for by its kind. */
  #compareAnnotations(beforeValue: PdfObject | undefined, afterValue: PdfObject | undefined): boolean {
    const before = this.#array(this.#before, beforeValue);
    const after = this.#array(this.#after, afterValue);
    if (!before.every((old) => after.some((item) => same(item, old)))) return false;
    for (const item of after) {
      if (before.some((old) => same(item, old))) continue;
      if (item instanceof PdfRef && this.#widgets.has(item.num)) continue;
      this.#kinds.add('annotation');
      if (item instanceof PdfRef) this.#explained.add(item.num);
      this.#explainReachable(item, false);
    }
    return true;
  }

  #dict(file: PdfFile, value: PdfObject | undefined): PdfDict | undefined {
    if (value === undefined) return undefined;
    const object = file.resolve(value);
    return object instanceof PdfDict ? object : undefined;
  }

  #array(file: PdfFile, value: PdfObject | undefined): PdfObject[] {
    if (value === undefined) return [];
    const object = file.resolve(value);
    return Array.isArray(object) ? object : [];
  }
}
