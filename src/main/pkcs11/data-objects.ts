import { YinkeyError } from '../../shared/errors/index.ts';
import {
  attribute,
  attributeText,
  type Cryptoki,
  type Handle,
  objectClass,
  type Session,
} from './cryptoki.ts';
import { dataLimits, digestApplication, sealApplication, type TokenData } from './data-api.ts';
import { closeQuietly, type TokenList, withoutPadding } from './token-list.ts';

/** A public data object with one of this client's applications, as a session sees it. */
export interface DataOnToken {
  handle: Handle;
  application: string;
  label: string;
  /** undefined: the token does not show it, or it is longer than anything of ours. */
  value: Uint8Array<ArrayBuffer> | undefined;
}

/** At most so many data objects are looked at, other programs' included. */
const maxLooked = 256;
/** Objects whose names are asked for before a new clock begins; a slow key takes a quarter of a second for each. */
const headsInOneClock = 8;

const text = (raw: Buffer | undefined) => attributeText(raw ?? Buffer.alloc(0)).slice(0, 256);

/** Some tokens answer with all the room they reserved: zero bytes behind a value are not part of it. */
function unpadded(application: string, value: Buffer): Buffer {
  if (application === sealApplication) return withoutPadding(value);
  const digest = application === digestApplication && value.length > 32;
  return digest && value.subarray(32).every((byte) => byte === 0) ? value.subarray(0, 32) : value;
}

/** What a question brings; undefined when the object went away meanwhile. */
function unlessGone<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof YinkeyError && error.details.ckr === 'CKR_OBJECT_HANDLE_INVALID') return undefined;
    throw error;
  }
}

/**
 * The public data objects with an application of ours, those whose value can't be read included. `next` is called before
 * each piece of the driver's work: a slow key reads a seal for seconds, and each has a clock of its own.
 */
export async function dataOnToken(session: Session, next: () => Promise<void>): Promise<DataOnToken[]> {
  await next();
  const handles = session.find([{ type: attribute.class, value: objectClass.data }]).slice(0, maxLooked);
  const found: DataOnToken[] = [];
  for (const [index, handle] of handles.entries()) {
    if (index > 0 && index % headsInOneClock === 0) await next();
    const [application, label, isPrivate] =
      unlessGone(() =>
        session.attributes(handle, [attribute.application, attribute.label, attribute.private]),
      ) ?? [];
    const ours = text(application);
    // A private object is none that was looked at without a PIN.
    if (!ours.startsWith(sealApplication) || isPrivate?.[0] === 1) continue;
    if (found.length === dataLimits.objects) break;
    await next();
    const object = { handle, application: ours, label: text(label) };
    found.push({ ...object, value: readValue(session, object) });
  }
  return found;
}

/** The value of an object as it is now; undefined where it is gone, or nothing that can be taken over. */
export function readValue(
  session: Session,
  { handle, application }: Pick<DataOnToken, 'handle' | 'application'>,
): DataOnToken['value'] {
  const value = unlessGone(() => session.attribute(handle, attribute.value));
  return value && Uint8Array.from(unpadded(application, value));
}

/** Those of them that can be handed on. */
export function readableData(data: readonly DataOnToken[]): TokenData[] {
  return data.flatMap(({ application, label, value }) =>
    value && value.length > 0 ? [{ application, label, value }] : [],
  );
}

/** The same of a token that nobody is logged in to. Errors: token.not-found, token.removed, token.*. */
export async function publicData(
  module: Cryptoki,
  list: TokenList,
  token: { serial: string; label: string },
  next: () => Promise<void>,
): Promise<TokenData[]> {
  await next();
  const session = module.open(list.find(token).slot);
  try {
    return readableData(await dataOnToken(session, next));
  } finally {
    closeQuietly(session);
  }
}
