import { YinkeyError } from '../../../shared/errors/index.ts';
import { type Budget, damaged, maxObjectNumber } from './limits.ts';
import { PdfDict, type PdfObject, PdfRef } from './objects.ts';

/** A rectangle [left, bottom, right, top] in user space units, its corners in order. */
export type Rectangle = readonly [number, number, number, number];

/** A page with what it inherits from the page tree (7.7.3.4). */
export interface PageInfo {
  /** Counted from 0. */
  index: number;
  ref: PdfRef;
  /** The page's own dictionary, without what it inherits. */
  dict: PdfDict;
  mediaBox: Rectangle;
  /** The crop box cut to the media box: what a viewer shows. */
  cropBox: Rectangle;
  /** Clockwise, 0, 90, 180 or 270. */
  rotate: 0 | 90 | 180 | 270;
  /** Size of a user space unit in 1/72 inch. */
  userUnit: number;
  /** /Resources as it is written, here or inherited; undefined without any. */
  resources: PdfObject | undefined;
  /** /Contents and /Annots as they are written: a reference or a direct value. */
  contents: PdfObject | undefined;
  annots: PdfObject | undefined;
}

/** What the page tree needs from the file. */
interface Objects {
  get(ref: PdfRef): PdfObject;
  resolve(object: PdfObject | undefined): PdfObject;
}

const inheritable = ['Resources', 'MediaBox', 'CropBox', 'Rotate'] as const;
type Inherited = Partial<Record<(typeof inheritable)[number], PdfObject>>;

/** What a page without /MediaBox has in most viewers: US Letter. */
const defaultBox: Rectangle = [0, 0, 612, 792];
const maxTreeDepth = 100;

interface Leaf {
  ref: PdfRef;
  inherited: Inherited;
}

/** The page tree (7.7.3), walked as far as a page asks for. */
export class PageTree {
  readonly #file: Objects;
  readonly #root: PdfObject;
  readonly #budget: Budget;
  /** Every page in order, once the counts in the tree turned out to be wrong. */
  #all: Leaf[] | null = null;
  /** /Count of the root, once it was found sound. */
  #soundCount: number | null = null;

  constructor(file: Objects, root: PdfObject, budget: Budget) {
    this.#file = file;
    this.#root = root;
    this.#budget = budget;
  }

  /** The number of pages: /Count of the root where it is sound, otherwise as many as are found. */
  get count(): number {
    if (this.#all !== null) return this.#all.length;
    if (this.#soundCount !== null) return this.#soundCount;
    const root = this.#file.resolve(this.#root);
    const count = root instanceof PdfDict ? this.#count(root) : undefined;
    if (count === undefined || !this.#countFits(root as PdfDict, count)) return this.#walkAll().length;
    this.#soundCount = count;
    return count;
  }

  /** @throws document.page-missing */
  page(index: number): PageInfo {
    const count = this.count;
    if (!Number.isInteger(index) || index < 0 || index >= count)
      throw new YinkeyError('document.page-missing', { page: index + 1, pages: count });
    let leaf = this.#all === null ? this.#descend(index) : this.#all[index];
    if (leaf === undefined) leaf = this.#walkAll()[index];
    if (leaf === undefined)
      throw new YinkeyError('document.page-missing', { page: index + 1, pages: this.count });
    return this.#info(index, leaf);
  }

  #count(node: PdfDict): number | undefined {
    const count = this.#file.resolve(node.get('Count'));
    return typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= maxObjectNumber
      ? count
      : undefined;
  }

  #kids(node: PdfDict): PdfObject[] | undefined {
    const kids = this.#file.resolve(node.get('Kids'));
    return Array.isArray(kids) ? kids : undefined;
  }

  /** Whether the root's count agrees with its kids, as far as that shows without reading them all. */
  #countFits(root: PdfDict, count: number): boolean {
    const kids = this.#kids(root);
    if (kids === undefined || kids.length === 0) return false;
    if (kids.length === count) return true;
    // A flat tree has as many kids as pages. Otherwise the kids are few, or their counts have to be added up.
    let sum = 0;
    for (const kid of kids) {
      this.#budget.spend(1);
      const node = this.#file.resolve(kid);
      const pages = node instanceof PdfDict ? (isNode(node) ? this.#count(node) : 1) : 0;
      if (pages === undefined) return false;
      sum += pages;
    }
    return sum === count;
  }

  /** Down to page `index`, passing over whole branches by their /Count; undefined where the counts are wrong. */
  #descend(index: number): Leaf | undefined {
    let current: PdfObject = this.#root;
    let inherited: Inherited = {};
    let left = index;
    const path = new Set<number>();
    for (let depth = 0; depth < maxTreeDepth; depth++) {
      const node = this.#file.resolve(current);
      if (!(node instanceof PdfDict)) return undefined;
      if (current instanceof PdfRef) {
        if (path.has(current.num)) return undefined;
        path.add(current.num);
      }
      if (!isNode(node))
        return left === 0 && current instanceof PdfRef ? { ref: current, inherited } : undefined;
      inherited = inherit(inherited, node);
      const next = this.#pick(node, left);
      if (next === undefined) return undefined;
      current = next.kid;
      left = next.left;
    }
    return undefined;
  }

  #pick(node: PdfDict, index: number): { kid: PdfObject; left: number } | undefined {
    const kids = this.#kids(node) ?? [];
    // In a flat node the place is the page: nothing has to be read on the way.
    if (kids.length === this.#count(node)) {
      const kid = kids[index];
      const child = this.#file.resolve(kid);
      if (kid !== undefined && child instanceof PdfDict && !isNode(child)) return { kid, left: 0 };
    }
    let left = index;
    for (const kid of kids) {
      this.#budget.spend(1);
      const child = this.#file.resolve(kid);
      const pages = child instanceof PdfDict ? (isNode(child) ? this.#count(child) : 1) : 0;
      if (pages === undefined) return undefined;
      if (left < pages) return { kid, left };
      left -= pages;
    }
    return undefined;
  }

  /** Every page by walking the whole tree, each node once. */
  #walkAll(): Leaf[] {
    if (this.#all !== null) return this.#all;
    const leaves: Leaf[] = [];
    const seen = new Set<number>();
    const walk = (object: PdfObject, inherited: Inherited, depth: number): void => {
      this.#budget.spend(1);
      if (depth > maxTreeDepth) throw new YinkeyError('document.too-complex', { what: 'page tree' });
      const node = this.#file.resolve(object);
      if (!(node instanceof PdfDict)) return;
      if (object instanceof PdfRef && isNode(node)) {
        if (seen.has(object.num)) return;
        seen.add(object.num);
      }
      if (!isNode(node)) {
        if (object instanceof PdfRef) leaves.push({ ref: object, inherited });
        return;
      }
      const below = inherit(inherited, node);
      for (const kid of this.#kids(node) ?? []) walk(kid, below, depth + 1);
    };
    walk(this.#root, {}, 0);
    this.#all = leaves;
    return leaves;
  }

  #info(index: number, leaf: Leaf): PageInfo {
    const dict = this.#file.resolve(leaf.ref);
    if (!(dict instanceof PdfDict)) throw damaged('page');
    const values = inherit(leaf.inherited, dict);
    const mediaBox = this.#rectangle(values.MediaBox) ?? defaultBox;
    const crop = this.#rectangle(values.CropBox);
    return {
      index,
      ref: leaf.ref,
      dict,
      mediaBox,
      cropBox: (crop && intersect(crop, mediaBox)) ?? mediaBox,
      rotate: rotation(this.#file.resolve(values.Rotate)),
      userUnit: unit(this.#file.resolve(dict.get('UserUnit'))),
      resources: values.Resources,
      contents: dict.get('Contents'),
      annots: dict.get('Annots'),
    };
  }

  #rectangle(object: PdfObject | undefined): Rectangle | undefined {
    const array = this.#file.resolve(object);
    if (!Array.isArray(array) || array.length < 4) return undefined;
    const [a, b, c, d] = array.slice(0, 4).map((item) => this.#file.resolve(item));
    if (typeof a !== 'number' || typeof b !== 'number' || typeof c !== 'number' || typeof d !== 'number')
      return undefined;
    const box: Rectangle = [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
    return box[2] > box[0] && box[3] > box[1] ? box : undefined;
  }
}

/** An inner node of the tree; /Type is missing or wrong in some files, /Kids is what makes it one. */
function isNode(dict: PdfDict): boolean {
  return dict.has('Kids') && dict.getName('Type') !== 'Page';
}

function inherit(inherited: Inherited, node: PdfDict): Inherited {
  const own: Inherited = { ...inherited };
  for (const key of inheritable) {
    const value = node.get(key);
    if (value !== undefined && value !== null) own[key] = value;
  }
  return own;
}

function intersect(a: Rectangle, b: Rectangle): Rectangle | undefined {
  const box: Rectangle = [
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ];
  return box[2] > box[0] && box[3] > box[1] ? box : undefined;
}

function rotation(value: PdfObject): 0 | 90 | 180 | 270 {
  if (typeof value !== 'number' || value % 90 !== 0) return 0;
  return (((value % 360) + 360) % 360) as 0 | 90 | 180 | 270;
}

function unit(value: PdfObject): number {
  return typeof value === 'number' && value > 0 && value <= 75_000 ? value : 1;
}
