import { createHash } from 'node:crypto';
import { YinkeyError } from '../../shared/errors/index.ts';
import { readSeal, type Seal, sealLists } from '../seals/ses/index.ts';
import type { WorkOf } from './act-api.ts';
import { certificatesOnToken } from './act-objects.ts';
import { isTemplateRefused } from './ckr.ts';
import {
  attribute,
  attributeText,
  type Handle,
  objectClass,
  type Session,
  type Template,
} from './cryptoki.ts';
import { digestApplication, sealApplication } from './data-api.ts';
import { type DataOnToken, dataOnToken } from './data-objects.ts';

/** Writing and removing data objects, in a session in which the token's holder is logged in. */

/** Says what the driver's work is that begins now, each with a clock of its own. */
export type Announce = (phase: 'find' | 'write') => Promise<void>;

type Written = WorkOf<'write-data'>['data'];
type Named = Pick<DataOnToken, 'application' | 'label'>;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const named = (one: Named) => (other: Named) =>
  one.application === other.application && one.label === other.label;
/** A digest; nothing that is as short as this can be too long for a key. */
const digestBytes = 32;

/** SHA-256 (hex) of the seal that an object is, or stands for. */
function digestOf({ application, value }: DataOnToken): string | null {
  if (!value) return null;
  if (application === sealApplication) return sha256(value);
  return application === digestApplication && value.length === digestBytes
    ? Buffer.from(value).toString('hex')
    : null;
}

function sealOf(value: Uint8Array): Seal | undefined {
  try {
    return readSeal(value);
  } catch (error) {
    if (error instanceof YinkeyError && error.code === 'seal.unreadable') return undefined;
    throw error;
  }
}

/** Attributes of a data object (PKCS#11 2.40, section 4.5.2). `plain`: without what some tokens refuse. */
function templateOf({ application, label, value }: Written, plain: boolean): Template {
  return [
    { type: attribute.class, value: objectClass.data },
    { type: attribute.token, value: true },
    ...(plain ? [] : [{ type: attribute.private, value: false }]),
    { type: attribute.application, value: Buffer.from(application, 'utf8') },
    { type: attribute.label, value: Buffer.from(label, 'utf8') },
    { type: attribute.value, value: Buffer.from(value) },
  ];
}

/**
 * Whether a certificate is in both lists: one of those that they name, or one on the token, whose digest tells it where
 * lists have digests only.
 */
async function share(one: Seal, other: Seal, onToken: readonly Uint8Array[]): Promise<boolean> {
  if (one.list.type === 2 && other.list.type === 2) {
    const mine = new Set(one.list.digests.map(({ value }) => Buffer.from(value).toString('hex')));
    if (other.list.digests.some(({ value }) => mine.has(Buffer.from(value).toString('hex')))) return true;
  }
  const certificates = [one, other].flatMap(({ list }) => (list.type === 1 ? list.certificates : []));
  for (const each of [...certificates, ...onToken])
    if ((await sealLists(one, each)) && (await sealLists(other, each))) return true;
  return false;
}

/** One seal goes with one certificate. Errors: seal.certificate-taken. */
async function assertNotTaken(
  seal: Seal,
  { value, replaces }: Written,
  before: readonly DataOnToken[],
  onToken: () => readonly Uint8Array[],
): Promise<void> {
  const spared = new Set([sha256(value), replaces]);
  for (const held of before) {
    if (held.application !== sealApplication || !held.value || spared.has(sha256(held.value))) continue;
    const other = sealOf(held.value);
    if (other && (await share(seal, other, onToken())))
      throw new YinkeyError('seal.certificate-taken', { id: other.id, name: other.name });
  }
}

/** A driver that can't hold so much says so in one of several ways. */
function isTooLong(error: unknown, value: Uint8Array): boolean {
  if (!(error instanceof YinkeyError)) return false;
  if (error.code === 'token.memory') return true;
  return error.details.ckr === 'CKR_ATTRIBUTE_VALUE_INVALID' && value.length > digestBytes;
}

/** Creates the object. Errors: token.memory, token.not-supported, token.*. */
function create(session: Session, data: Written, created: () => Handle[]): void {
  try {
    try {
      session.create(templateOf(data, false));
    } catch (error) {
      if (!isTemplateRefused(error)) throw error;
      for (const handle of created()) session.destroy(handle);
      session.create(templateOf(data, true));
    }
  } catch (error) {
    if (!(error instanceof YinkeyError) || !isTooLong(error, data.value)) throw error;
    throw new YinkeyError('token.memory', { ...error.details, needed: data.value.length }, { cause: error });
  }
}

/** Cleans up after a failure that is told in any case. */
function quietly(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
  }
}

/**
 * Writes a data object, reads it back and compares; what is not the same is removed again. The same one already there is
 * fine. Remainders of an object of the same name that was never finished are removed, and with `replaces` the old seal,
 * both only when the new one is proven; but for remainders that take up the room it needs.
 * Errors: seal.unreadable, request.invalid (the label is not the seal's number), seal.certificate-taken, token.memory,
 * token.not-supported, token.failed.
 */
export async function writeData(session: Session, data: Written, announce: Announce): Promise<void> {
  const find = () => announce('find');
  const isSeal = data.application === sealApplication;
  const seal = isSeal ? readSeal(data.value) : undefined;
  if (seal && seal.id !== data.label) throw new YinkeyError('request.invalid', { label: data.label });
  const before = await dataOnToken(session, find);
  if (seal) {
    let onToken: Uint8Array[] | undefined;
    await assertNotTaken(seal, data, before, () => {
      onToken ??= certificatesOnToken(session).map(({ der }) => der);
      return onToken;
    });
  }
  const isNamed = named(data);
  const same = ({ value }: DataOnToken) => value !== undefined && Buffer.compare(value, data.value) === 0;
  /** What has the name and is no seal or digest was begun and never finished. */
  const remainders = before.filter(
    (each) =>
      isNamed(each) &&
      each.value !== undefined &&
      !same(each) &&
      (isSeal ? sealOf(each.value) === undefined : each.value.length !== digestBytes),
  );
  if (!before.some((each) => isNamed(each) && same(each)))
    await writeAnew(session, data, remainders, announce, (each) => isNamed(each) && same(each));
  const replaced = before.filter(
    (each) => !(isNamed(each) && same(each)) && digestOf(each) === data.replaces,
  );
  await removeAll(session, [...remainders, ...replaced], announce);
}

async function writeAnew(
  session: Session,
  data: Written,
  remainders: readonly DataOnToken[],
  announce: Announce,
  proves: (found: DataOnToken) => boolean,
): Promise<void> {
  const all = () => session.find([{ type: attribute.class, value: objectClass.data }]);
  const had = new Set(all().map((handle) => handle.toString('hex')));
  /** What came since, with our names or with none yet: another program's objects are left alone. */
  const created = () =>
    all().filter((handle) => {
      if (had.has(handle.toString('hex'))) return false;
      const [application, label] = session.attributes(handle, [attribute.application, attribute.label]);
      const ours = (text: Buffer | undefined, name: string) =>
        !text || text.length === 0 || attributeText(text) === name;
      return ours(application, data.application) && ours(label, data.label);
    });
  try {
    await announce('write');
    try {
      create(session, data, created);
    } catch (error) {
      if (!(error instanceof YinkeyError) || error.code !== 'token.memory' || remainders.length === 0)
        throw error;
      for (const { handle } of remainders) session.destroy(handle);
      create(session, data, created);
    }
    if (!(await dataOnToken(session, () => announce('find'))).some(proves))
      throw new YinkeyError('token.failed', { operation: 'write', ckr: 'read back otherwise' });
  } catch (error) {
    quietly(() => {
      for (const handle of created()) session.destroy(handle);
    });
    throw error;
  }
}

/** Removes objects, and looks whether they are gone: some drivers only say so. Errors: token.failed. */
async function removeAll(
  session: Session,
  doomed: readonly DataOnToken[],
  announce: Announce,
): Promise<void> {
  if (doomed.length === 0) return;
  await announce('write');
  for (const { handle } of doomed) session.destroy(handle);
  const names = new Set(doomed.map(({ handle }) => handle.toString('hex')));
  const left = await dataOnToken(session, () => announce('find'));
  if (left.some(({ handle }) => names.has(handle.toString('hex'))))
    throw new YinkeyError('token.failed', { operation: 'write', ckr: 'still there' });
}

/** Removes this very data object, and its doubles; none there is fine. Errors: token.failed. */
export async function removeData(
  session: Session,
  data: WorkOf<'remove-data'>['data'],
  announce: Announce,
): Promise<void> {
  const isNamed = (each: DataOnToken) => each.application === data.application && each.label === data.label;
  const before = await dataOnToken(session, () => announce('find'));
  const doomed = before.filter(
    (each) => isNamed(each) && each.value !== undefined && sha256(each.value) === data.sha256,
  );
  await removeAll(session, doomed, announce);
}
