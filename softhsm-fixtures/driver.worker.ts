/**
 * The practice world's only user of the driver. It runs in a process of its own, because SoftHSM reads
 * SOFTHSM2_CONF once per C_Initialize and a process that already uses the module must not be disturbed.
 * One message is one operation; PINs arrive by message, never as argument or environment variable.
 */
import pkcs11js from 'pkcs11js';
import type { DriverAnswer, DriverOperation, DriverRequest, TokenContent } from './driver.ts';

const p11 = new pkcs11js.PKCS11();
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8').replace(/\0/g, '').trimEnd();

/** The DER of each curve's object identifier, as CKA_EC_PARAMS wants it. */
const curves = { 'EC-P256': '06082a8648ce3d030107', 'EC-P384': '06052b81040022' };

function tokenSlots(): { slot: Buffer; label: string; serial: string; initialized: boolean }[] {
  return p11.C_GetSlotList(true).map((slot) => {
    const info = p11.C_GetTokenInfo(slot);
    return {
      slot,
      label: text(Buffer.from(info.label)),
      serial: text(Buffer.from(info.serialNumber)),
      initialized: (info.flags & pkcs11js.CKF_TOKEN_INITIALIZED) !== 0,
    };
  });
}

function slotOf(serial: string): Buffer {
  const found = tokenSlots().find((entry) => entry.serial === serial && entry.initialized);
  if (!found) throw new Error(`no token with serial number ${serial}`);
  return found.slot;
}

/** The 32 bytes of a token label: UTF-8, filled with spaces (PKCS#11 2.40, C_InitToken). */
function paddedLabel(label: string): string {
  const length = Buffer.byteLength(label, 'utf8');
  if (length > 32) throw new Error(`the label is ${length} bytes long; a token holds 32`);
  return label + ' '.repeat(32 - length);
}

function withSession<T>(
  serial: string,
  user: number | null,
  pin: string | null,
  work: (session: Buffer) => T,
): T {
  const session = p11.C_OpenSession(slotOf(serial), pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
  try {
    if (user === null || pin === null) return work(session);
    p11.C_Login(session, user, pin);
    try {
      return work(session);
    } finally {
      p11.C_Logout(session);
    }
  } finally {
    p11.C_CloseSession(session);
  }
}

function findAll(session: Buffer, template: pkcs11js.Template): Buffer[] {
  p11.C_FindObjectsInit(session, template);
  try {
    return p11.C_FindObjects(session, 1000);
  } finally {
    p11.C_FindObjectsFinal(session);
  }
}

function attribute(session: Buffer, object: Buffer, type: number): Buffer {
  return Buffer.from(p11.C_GetAttributeValue(session, object, [{ type }])[0]!.value as Buffer);
}

function initToken(request: Extract<DriverOperation, { do: 'init' }>): { serial: string } {
  const { serial } = request;
  const before = new Set(tokenSlots().flatMap((entry) => (entry.initialized ? [entry.serial] : [])));
  const slot = serial === undefined ? tokenSlots().find((entry) => !entry.initialized)?.slot : slotOf(serial);
  if (!slot) throw new Error('no free slot');
  p11.C_InitToken(slot, request.soPin, paddedLabel(request.label));
  const made = tokenSlots().find(
    (entry) =>
      entry.initialized && (serial === undefined ? !before.has(entry.serial) : entry.label === request.label),
  );
  if (!made) throw new Error('the new token does not show up');
  const { pin } = request;
  if (pin !== null) {
    withSession(made.serial, pkcs11js.CKU_SO, request.soPin, (session) => p11.C_InitPIN(session, pin));
  }
  return { serial: made.serial };
}

function generate(request: Extract<DriverOperation, { do: 'generate' }>): { spki: PublicParts } {
  return withSession(request.serial, pkcs11js.CKU_USER, request.pin, (session) => {
    const common: pkcs11js.Template = [
      { type: pkcs11js.CKA_TOKEN, value: true },
      { type: pkcs11js.CKA_LABEL, value: request.label },
      { type: pkcs11js.CKA_ID, value: Buffer.from(request.keyId, 'hex') },
    ];
    const privateKey: pkcs11js.Template = [
      ...common,
      { type: pkcs11js.CKA_PRIVATE, value: true },
      { type: pkcs11js.CKA_SENSITIVE, value: true },
      { type: pkcs11js.CKA_EXTRACTABLE, value: false },
      { type: pkcs11js.CKA_SIGN, value: true },
      { type: pkcs11js.CKA_DECRYPT, value: false },
      { type: pkcs11js.CKA_UNWRAP, value: false },
    ];
    const publicKey: pkcs11js.Template = [...common, { type: pkcs11js.CKA_VERIFY, value: true }];
    if (request.keyType === 'EC-P256' || request.keyType === 'EC-P384') {
      const pair = p11.C_GenerateKeyPair(
        session,
        { mechanism: pkcs11js.CKM_EC_KEY_PAIR_GEN },
        [...publicKey, { type: pkcs11js.CKA_EC_PARAMS, value: Buffer.from(curves[request.keyType], 'hex') }],
        privateKey,
      );
      return { spki: { kty: 'EC', point: attribute(session, pair.publicKey, pkcs11js.CKA_EC_POINT) } };
    }
    const bits = Number(request.keyType.slice('RSA-'.length));
    const pair = p11.C_GenerateKeyPair(
      session,
      { mechanism: pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN },
      [
        ...publicKey,
        { type: pkcs11js.CKA_MODULUS_BITS, value: bits },
        { type: pkcs11js.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
      ],
      privateKey,
    );
    return {
      spki: {
        kty: 'RSA',
        modulus: attribute(session, pair.publicKey, pkcs11js.CKA_MODULUS),
        exponent: attribute(session, pair.publicKey, pkcs11js.CKA_PUBLIC_EXPONENT),
      },
    };
  });
}

function storeCertificate(request: Extract<DriverOperation, { do: 'store' }>): Record<string, never> {
  const id = Buffer.from(request.keyId, 'hex');
  withSession(request.serial, pkcs11js.CKU_USER, request.pin, (session) => {
    const template: pkcs11js.Template = [
      { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_CERTIFICATE },
      { type: pkcs11js.CKA_ID, value: id },
    ];
    for (const object of findAll(session, template)) p11.C_DestroyObject(session, object);
    p11.C_CreateObject(session, [
      { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_CERTIFICATE },
      { type: pkcs11js.CKA_CERTIFICATE_TYPE, value: pkcs11js.CKC_X_509 },
      { type: pkcs11js.CKA_TOKEN, value: true },
      { type: pkcs11js.CKA_PRIVATE, value: false },
      { type: pkcs11js.CKA_LABEL, value: request.label },
      { type: pkcs11js.CKA_ID, value: id },
      { type: pkcs11js.CKA_SUBJECT, value: Buffer.from(request.subject) },
      { type: pkcs11js.CKA_ISSUER, value: Buffer.from(request.issuer) },
      { type: pkcs11js.CKA_SERIAL_NUMBER, value: Buffer.from(request.serialNumber) },
      { type: pkcs11js.CKA_VALUE, value: Buffer.from(request.der) },
    ]);
  });
  return {};
}

function storeData(request: Extract<DriverOperation, { do: 'store-data' }>): Record<string, never> {
  const { application, label, value } = request;
  const names: pkcs11js.Template = [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_DATA },
    { type: pkcs11js.CKA_APPLICATION, value: application },
    { type: pkcs11js.CKA_LABEL, value: label },
  ];
  withSession(request.serial, pkcs11js.CKU_USER, request.pin, (session) => {
    for (const object of findAll(session, names)) p11.C_DestroyObject(session, object);
    p11.C_CreateObject(session, [
      ...names,
      { type: pkcs11js.CKA_TOKEN, value: true },
      { type: pkcs11js.CKA_PRIVATE, value: false },
      { type: pkcs11js.CKA_VALUE, value: Buffer.from(value) },
    ]);
  });
  return {};
}

/** What a token holds; with a wrong or missing PIN it throws, which tells that the token is not the one we made. */
function content(request: Extract<DriverOperation, { do: 'content' }>): TokenContent {
  return withSession(request.serial, pkcs11js.CKU_USER, request.pin, (session) => ({
    certificates: findAll(session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_CERTIFICATE }]).map(
      (object) => ({
        keyId: attribute(session, object, pkcs11js.CKA_ID).toString('hex'),
        label: text(attribute(session, object, pkcs11js.CKA_LABEL)),
        der: new Uint8Array(attribute(session, object, pkcs11js.CKA_VALUE)),
      }),
    ),
    privateKeys: findAll(session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY }]).map(
      (object) => attribute(session, object, pkcs11js.CKA_ID).toString('hex'),
    ),
    data: findAll(session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_DATA }]).map((object) => ({
      application: text(attribute(session, object, pkcs11js.CKA_APPLICATION)),
      label: text(attribute(session, object, pkcs11js.CKA_LABEL)),
      value: new Uint8Array(attribute(session, object, pkcs11js.CKA_VALUE)),
    })),
  }));
}

/** Sets the user PIN anew with the SO PIN, when someone changed it while practising. */
function resetPin(request: Extract<DriverOperation, { do: 'reset-pin' }>): Record<string, never> {
  withSession(request.serial, pkcs11js.CKU_SO, request.soPin, (session) =>
    p11.C_InitPIN(session, request.pin),
  );
  return {};
}

/** Destroys every object with this CKA_ID: the remains of a step that was cut off. */
function remove(request: Extract<DriverOperation, { do: 'remove' }>): Record<string, never> {
  withSession(request.serial, pkcs11js.CKU_USER, request.pin, (session) => {
    const objects = findAll(session, [{ type: pkcs11js.CKA_ID, value: Buffer.from(request.keyId, 'hex') }]);
    for (const object of objects) p11.C_DestroyObject(session, object);
  });
  return {};
}

type PublicParts =
  | { kty: 'EC'; point: Uint8Array }
  | { kty: 'RSA'; modulus: Uint8Array; exponent: Uint8Array };

function perform(operation: DriverOperation): unknown {
  switch (operation.do) {
    case 'tokens':
      return tokenSlots().flatMap(({ label, serial, initialized }) =>
        initialized ? [{ label, serial }] : [],
      );
    case 'init':
      return initToken(operation);
    case 'generate':
      return generate(operation);
    case 'store':
      return storeCertificate(operation);
    case 'store-data':
      return storeData(operation);
    case 'reset-pin':
      return resetPin(operation);
    case 'remove':
      return remove(operation);
    case 'content':
      return content(operation);
  }
}

let ready = false;

process.on('message', (request: DriverRequest) => {
  const answer: DriverAnswer = { id: request.id };
  try {
    if (!ready) {
      p11.load(request.module);
      p11.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });
      ready = true;
    }
    answer.value = perform(request.operation);
  } catch (error) {
    answer.error = error instanceof Error ? error.message : String(error);
  }
  process.send!(answer);
});
process.on('disconnect', () => {
  if (ready) p11.C_Finalize();
  process.exit(0);
});
