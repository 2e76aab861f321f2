import { z } from 'zod';
import {
  captureAdjustSchema,
  captureSessionSchema,
  careCaseSchema,
  careEntrySchema,
  careResultSchema,
  careStepSchema,
  careTrialSchema,
  certificateCardSchema,
  certificateDetailSchema,
  checkSchema,
  documentInfoSchema,
  environmentSchema,
  inkColours,
  keysSnapshotSchema,
  lossReceiptSchema,
  lossRequestSchema,
  orphanPairSchema,
  renewalViewSchema,
  sealApplicationViewSchema,
  sealCardSchema,
  sealFactsSchema,
  sealKindSchema,
  sealUseSchema,
  signaturePictureSchema,
  stampRequestSchema,
  stampResultSchema,
  tokenIdSchema,
  trustAnchorSchema,
  verificationSchema,
  yearsSchema,
} from '../domain/index.ts';

const none = z.undefined();
/** SHA-256 of a DER certificate. */
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const languageSchema = z.enum(['zh-CN', 'en']);
const themeSchema = z.enum(['system', 'light', 'dark']);

export const settingsSchema = z.object({
  language: languageSchema,
  theme: themeSchema,
});
export type Settings = z.infer<typeof settingsSchema>;

export const appInfoSchema = z.object({
  version: z.string(),
  platform: z.enum(['linux', 'win32', 'darwin']),
  practice: z.boolean(),
  /** Trouble found at start that the user must know of (a damaged store was put aside ...). */
  notices: z.array(
    z.object({
      code: z.string(),
      details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    }),
  ),
});

export type AppInfo = z.infer<typeof appInfoSchema>;

const recentDocumentSchema = z.object({
  id: z.string(),
  name: z.string(),
  folder: z.string(),
  openedAt: z.string(),
  stamped: z.boolean(),
  /** False when the file is no longer there. */
  present: z.boolean(),
});

/**
 * The one table of what the main window may ask of main. Each channel has a schema for what goes in and what comes
 * out; main registers every handler through one gate that checks both, and the sender.
 */
export const channels = {
  'app.info': { input: none, output: appInfoSchema },
  /** Looks at drivers, keys, own data, disk, fonts and clock; nothing of it is about people. */
  'app.environment': { input: none, output: environmentSchema },
  /** Saves what `app.environment` found last as one file. Null: the user closed the dialog. */
  'app.saveEnvironment': { input: none, output: z.object({ name: z.string() }).nullable() },
  'settings.read': { input: none, output: settingsSchema },
  'settings.write': { input: settingsSchema.partial(), output: settingsSchema },

  /** Opens the practice world's folder, where PIN.txt lies: the PIN itself is told to no window. */
  'practice.reveal': { input: none, output: none },

  'keys.snapshot': { input: none, output: keysSnapshotSchema },
  /** Looks again at once, e.g. after "try again"; also restarts a driver that crashed. */
  'keys.refresh': { input: none, output: keysSnapshotSchema },

  /** The holder changes the PIN in the PIN window. Fails with token.pin-cancelled when the window is closed. */
  'keys.changePin': { input: z.object({ token: tokenIdSchema }), output: careResultSchema },
  /** On-site unlock: SO PIN by the staff, then the new PIN by the holder, in one PIN window. */
  'keys.unlock': {
    input: z.object({ token: tokenIdSchema, case: careCaseSchema }),
    output: careResultSchema,
  },
  /**
   * Makes a key new. A key of `blanks`: `blank` is its `key`. Any other: `token`; one that holds anything is refused
   * (token.not-empty) unless `serialTyped` is its serial number, typed by the staff. `label`: 1 to 32 bytes of UTF-8.
   */
  'keys.initialise': {
    input: z.object({
      target: z.union([z.object({ blank: z.string() }), z.object({ token: tokenIdSchema })]),
      label: z.string().trim().min(1).max(32),
      serialTyped: z.string().max(64).nullable(),
      case: careCaseSchema,
    }),
    output: careResultSchema,
  },
  'keys.changeSoPin': {
    input: z.object({ token: tokenIdSchema, case: careCaseSchema }),
    output: careResultSchema,
  },
  /**
   * After a change of the SO PIN that was interrupted: tries one of the two candidates, once, and settles the entry
   * when it fits. Try 'old' first. A candidate that does not fit fails with token.so-pin-wrong and is noted.
   */
  'keys.settleSoPin': {
    input: z.object({ id: z.string(), candidate: z.enum(['old', 'new']) }),
    output: careResultSchema,
  },
  /** Acts at the counter, newest first: all that are not settled, and the last 100 that are. */
  'keys.careJournal': { input: none, output: z.array(careEntrySchema) },
  /**
   * After an unlock of this session, by its entry in the audit log: the holder enters the new PIN, and the key signs a few
   * bytes that mean nothing. Fails with token.pin-cancelled when the window is closed.
   */
  'keys.trial': { input: z.object({ auditEntry: z.number().int().positive() }), output: careTrialSchema },
  /** Saves the receipt of an act of this session as a PDF, in both languages. Null: the user closed the dialog. */
  'keys.receipt': {
    input: z.object({ auditEntry: z.number().int().positive() }),
    output: z.object({ name: z.string() }).nullable(),
  },
  /** Closes the PIN window of an act in progress, as its Cancel does. What the key already does is not interrupted. */
  'keys.cancel': { input: none, output: none },

  /** Opens the dialog, checks the file (architecture, exports) without loading it. Null: the user closed the dialog. */
  'modules.choose': {
    input: none,
    output: z
      .object({ path: z.string(), name: z.string(), sha256: z.string(), known: z.boolean() })
      .nullable(),
  },
  /** The user agrees to load this very file: its hash is pinned. */
  'modules.agree': { input: z.object({ path: z.string(), sha256: z.string() }), output: keysSnapshotSchema },
  'modules.forget': { input: z.object({ path: z.string() }), output: keysSnapshotSchema },

  /** All certificates of all keys, also of keys that are not plugged in now; soonest end first. */
  'certificates.list': { input: none, output: z.array(certificateCardSchema) },
  /** Asks the authorities anew; null: about all. */
  'certificates.refresh': {
    input: z.object({ sha256: hash.nullable() }),
    output: z.array(certificateCardSchema),
  },
  'certificates.detail': { input: z.object({ sha256: hash }), output: certificateDetailSchema },
  /** Null: the user closed the dialog. `chain`: PEM of the certificate and those above it. */
  'certificates.export': {
    input: z.object({ sha256: hash, format: z.enum(['pem', 'der', 'chain']) }),
    output: z.object({ name: z.string() }).nullable(),
  },
  /** Chooses a file and writes its certificate onto the token beside the private key it belongs to; asks for the PIN. */
  'certificates.import': {
    input: z.object({ token: tokenIdSchema }),
    output: z.object({ sha256: z.string(), holder: z.string() }).nullable(),
  },
  /** Removes certificate and key pair from the token; `serialTyped`: the certificate's serial number, typed by the user. */
  'certificates.remove': {
    input: z.object({ token: tokenIdSchema, sha256: hash, serialTyped: z.string().max(128) }),
    output: none,
  },
  /** Takes a certificate off the list whose key is not plugged in. Nothing on any key changes. */
  'certificates.forget': { input: z.object({ sha256: hash }), output: z.array(certificateCardSchema) },

  /** The whole audit log as lines of JSON, or as a report on paper. Null: the user closed the dialog. */
  'audit.export': {
    input: z.object({ format: z.enum(['jsonl', 'pdf']) }),
    output: z.object({ name: z.string() }).nullable(),
  },

  'trust.list': { input: none, output: z.array(trustAnchorSchema) },
  /** Chooses a file; nothing is trusted before `trust.confirm`, for the user compares the fingerprint first. */
  'trust.choose': { input: none, output: trustAnchorSchema.nullable() },
  'trust.confirm': { input: z.object({ sha256: hash }), output: z.array(trustAnchorSchema) },
  /** Whether the operating system's roots count too. */
  'trust.useSystem': { input: z.object({ use: z.boolean() }), output: z.array(trustAnchorSchema) },
  'trust.remove': { input: z.object({ sha256: hash }), output: z.array(trustAnchorSchema) },

  /** The authority's address: of the settings, or of the practice world; '' for none. */
  'authority.read': { input: none, output: z.object({ url: z.string(), practice: z.boolean() }) },
  /** Asks the address what it is before it is kept. */
  'authority.write': {
    input: z.object({ url: z.string().max(500) }),
    output: z.object({ url: z.string(), practice: z.boolean() }),
  },

  /** All renewals that have not ended, and those that ended in the last 90 days. */
  'renewal.list': { input: none, output: z.array(renewalViewSchema) },
  /** Begins one, or gives the one that this certificate already has; runs the checks. */
  'renewal.start': { input: z.object({ token: tokenIdSchema, sha256: hash }), output: renewalViewSchema },
  'renewal.check': { input: z.object({ id: z.string() }), output: renewalViewSchema },
  /** Orders. `years`: one of the offers; without orders (plain CMP) it is left out. */
  'renewal.confirm': {
    input: z.object({ id: z.string(), years: yearsSchema.nullable() }),
    output: renewalViewSchema,
  },
  /** Opens the order's pay page in the browser. */
  'renewal.pay': { input: z.object({ id: z.string() }), output: none },
  /** Goes on from where it stands, asks for the PIN where the key is needed; returns when it can't go on by itself. */
  'renewal.go': { input: z.object({ id: z.string() }), output: renewalViewSchema },
  /** Stops at the next point where that is safe; it can go on later. */
  'renewal.stop': { input: z.object({ id: z.string() }), output: renewalViewSchema },
  /** Gives it up: cancels the order, removes what it left on the key (asks for the PIN where there is something). */
  'renewal.end': { input: z.object({ id: z.string() }), output: renewalViewSchema },
  /** After it is done: removes the old pair and certificate. `serialTyped`: the old certificate's serial number. */
  'renewal.removeOld': {
    input: z.object({ id: z.string(), serialTyped: z.string().max(128) }),
    output: renewalViewSchema,
  },
  'renewal.receipt': {
    input: z.object({ id: z.string() }),
    output: z.object({ name: z.string() }).nullable(),
  },
  /** The form to bring to the counter with an expired certificate, as a PDF. */
  'renewal.form': { input: z.object({ sha256: hash }), output: z.object({ name: z.string() }).nullable() },
  /** The key is lost: ends it here; refused while the key is plugged in. What was paid is settled by the authority. */
  'renewal.abandon': { input: z.object({ id: z.string() }), output: renewalViewSchema },
  /** Left-over key pairs that were seen at the last login to their keys. */
  'renewal.orphans': { input: none, output: z.array(orphanPairSchema) },
  /** Looks for them on one key; asks for the PIN, because private keys are seen after a login only. */
  'renewal.findOrphans': { input: z.object({ token: tokenIdSchema }), output: z.array(orphanPairSchema) },
  'renewal.removeOrphan': {
    input: z.object({ token: tokenIdSchema, ckaId: z.string().max(200) }),
    output: none,
  },

  /** Null: the user closed the dialog. */
  'documents.choose': { input: none, output: documentInfoSchema.nullable() },
  /** A file dropped on the window, by the handle that the preload got for it. */
  'documents.dropped': { input: z.object({ ticket: z.string() }), output: documentInfoSchema },
  'documents.open': { input: z.object({ id: z.string() }), output: documentInfoSchema },
  /** The same document, opened with the user's password. */
  'documents.unlock': {
    input: z.object({ id: z.string(), password: z.string().max(1024) }),
    output: documentInfoSchema,
  },
  'documents.close': { input: z.object({ id: z.string() }), output: none },
  'documents.recent': { input: none, output: z.array(recentDocumentSchema) },
  /** A range of the opened document's bytes for the preview; at most 4 MiB a call. */
  'documents.bytes': {
    input: z.object({
      id: z.string(),
      offset: z.number().int().nonnegative(),
      length: z
        .number()
        .int()
        .positive()
        .max(4 << 20),
    }),
    output: z.instanceof(Uint8Array),
  },
  'documents.check': {
    input: stampRequestSchema.partial({ certificate: true, token: true, mark: true }),
    output: z.array(checkSchema),
  },
  /** Asks where to save, unless `target` says "beside"; then PIN, signature, self-check, rename. */
  'documents.stamp': {
    input: stampRequestSchema.extend({ target: z.enum(['beside', 'ask', 'replace']) }),
    /** Null: the user closed the save dialog. */
    output: stampResultSchema.nullable(),
  },
  'documents.cancel': { input: none, output: none },
  'documents.verify': { input: z.object({ id: z.string() }), output: verificationSchema },
  'documents.reveal': { input: z.object({ id: z.string() }), output: none },
  'documents.external': { input: z.object({ id: z.string() }), output: none },

  'pictures.list': { input: none, output: z.array(signaturePictureSchema) },
  /** Null: the user closed the dialog. */
  'pictures.choose': { input: none, output: signaturePictureSchema.nullable() },
  'pictures.forget': { input: z.object({ id: z.string() }), output: none },
  /** The picture's PNG bytes as they were read, for the window's preview. */
  'pictures.bytes': { input: z.object({ id: z.string() }), output: z.instanceof(Uint8Array) },

  /** Every seal on every key that is here or was, as last known; asks nobody. */
  'seals.list': { input: none, output: z.array(sealCardSchema) },
  /** Reads the keys and asks the makers for their status lists. */
  'seals.refresh': { input: none, output: z.array(sealCardSchema) },
  /** PNG of a seal of the list. */
  'seals.picture': { input: z.object({ id: z.string() }), output: z.instanceof(Uint8Array) },
  'seals.detail': {
    input: z.object({ id: z.string() }),
    output: z.object({ card: sealCardSchema, facts: sealFactsSchema, uses: z.array(sealUseSchema) }),
  },
  /** The SESeal as a file. Null: the user closed the dialog. */
  'seals.export': { input: z.object({ id: z.string() }), output: z.object({ name: z.string() }).nullable() },
  /** Takes a seal off the list whose key is not plugged in. Nothing on any key changes. */
  'seals.forget': { input: z.object({ id: z.string() }), output: z.array(sealCardSchema) },

  /** Opens the dialog and judges the scan. Null: the user closed the dialog. A refused scan comes with `error`. */
  'capture.choose': { input: none, output: captureSessionSchema.nullable() },
  /** A scan dropped on the window. */
  'capture.dropped': { input: z.object({ ticket: z.string() }), output: captureSessionSchema },
  /** Judges again with the user's help. */
  'capture.judge': {
    input: z.object({
      id: z.string(),
      pick: z.number().int().min(1).max(50).nullable(),
      diameterMm: z.number().positive().max(100).nullable(),
      colour: z.enum(inkColours),
      ownColour: z.boolean(),
      adjust: captureAdjustSchema,
    }),
    output: captureSessionSchema,
  },
  /** 'sheet': the whole scan made small; 'scan': the part around the seal, turned as the seal is; 'seal': the picture. */
  'capture.image': {
    input: z.object({ id: z.string(), which: z.enum(['sheet', 'scan', 'seal']) }),
    output: z.instanceof(Uint8Array),
  },
  /** Makes a scan that is too large for the authority smaller; the part with the seal keeps its pixels. */
  'capture.shrink': { input: z.object({ id: z.string() }), output: captureSessionSchema },
  /** Keeps the picture as a signature picture. */
  'capture.keep': {
    input: z.object({ id: z.string(), name: z.string().trim().min(1).max(100) }),
    output: signaturePictureSchema,
  },
  'capture.close': { input: z.object({ id: z.string() }), output: none },

  /** Applications for seals, newest first. */
  'sealing.list': { input: none, output: z.array(sealApplicationViewSchema) },
  /** Makes a draft of a capture and a certificate, and checks it against the rules. */
  'sealing.draft': {
    input: z.object({
      capture: z.string(),
      token: tokenIdSchema,
      certificate: hash,
      name: z.string().max(100),
      kind: sealKindSchema,
      administrator: z.string().max(60),
      handler: z.string().max(60),
      contact: z.string().max(100),
      replaces: z.string().max(64).nullable(),
    }),
    output: sealApplicationViewSchema,
  },
  /** Signs and sends it (asks for the PIN). */
  'sealing.send': { input: z.object({ id: z.string() }), output: sealApplicationViewSchema },
  /** Asks the authority how it stands. */
  'sealing.look': { input: z.object({ id: z.string() }), output: sealApplicationViewSchema },
  /** Fetches the seal and writes it to the key (asks for the PIN). */
  'sealing.bind': { input: z.object({ id: z.string() }), output: sealApplicationViewSchema },
  'sealing.withdraw': { input: z.object({ id: z.string() }), output: sealApplicationViewSchema },
  /** Opens the page on which the staff decide in the browser; a practice authority's applications have one. */
  'sealing.review': { input: z.object({ id: z.string() }), output: none },
  'sealing.picture': { input: z.object({ id: z.string() }), output: z.instanceof(Uint8Array) },

  /** Reports a key as lost: certificate revoked and seal cancelled. `signer`: another key of the unit; null: by account. */
  'loss.report': {
    input: z.object({
      certificate: hash,
      reason: lossRequestSchema.shape.reason,
      reporter: z.string().trim().min(1).max(60),
      signer: z.object({ token: tokenIdSchema, certificate: hash }).nullable(),
      account: lossRequestSchema.shape.account,
    }),
    output: lossReceiptSchema,
  },
  /** The receipt of a loss reported in this session as a PDF. Null: the user closed the dialog. */
  'loss.receipt': {
    input: z.object({ number: z.string().max(40) }),
    output: z.object({ name: z.string() }).nullable(),
  },
} as const;

export type Channels = typeof channels;
export type Channel = keyof Channels;
export type ChannelInput<C extends Channel> = z.input<Channels[C]['input']>;
export type ChannelOutput<C extends Channel> = z.output<Channels[C]['output']>;

/** What main tells the main window without being asked. */
export const events = {
  'keys.changed': keysSnapshotSchema,
  'settings.changed': settingsSchema,
  'certificates.changed': z.array(certificateCardSchema),
  'renewal.changed': renewalViewSchema,
  'seals.changed': z.array(sealCardSchema),
  'sealing.changed': sealApplicationViewSchema,
  /** Steps of a stamp in progress. `token`: the key is signing; do not pull it. */
  'documents.progress': z.object({
    step: z.enum(['preparing', 'pin', 'token', 'checking', 'saving']),
    /** Share of the step that is done, 0..1, where it is known. */
    share: z.number().min(0).max(1).nullable(),
  }),
  /** Steps of an act on a key. `token`: the key is at work; do not pull it. */
  'keys.progress': z.object({ step: careStepSchema }),
  /** Something about a key that its holder should know, found while it was used: its PIN is one that keys come with. */
  'keys.noticed': z.object({ token: tokenIdSchema, notice: z.enum(['default-pin']) }),
  /** A document was opened from outside the window (menu, command line, another instance). */
  'documents.opened': documentInfoSchema,
  /** The menu asks the window for something. */
  'app.command': z.enum(['open', 'place', 'keys', 'certificates', 'documents', 'settings', 'help']),
} as const;
export type EventName = keyof typeof events;
export type EventPayload<E extends EventName> = z.output<(typeof events)[E]>;

/** What comes back over IPC for every call: an answer, or a code with details. */
export type Answer<C extends Channel> =
  | { ok: true; output: ChannelOutput<C> }
  | { ok: false; error: { code: string; details: Record<string, string | number | boolean | null> } };

/** What the preload puts on `window.yinkey` in the main window. */
export interface MainWindowApi {
  call<C extends Channel>(channel: C, input: ChannelInput<C>): Promise<Answer<C>>;
  on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void;
  /** Registers a dropped File and returns the ticket that `documents.dropped` takes; the path stays in the preload. */
  ticketFor(file: File): string;
  /** First paint without a question to main: the settings as they stood when the window was made. */
  readonly initial: { settings: Settings; platform: 'linux' | 'win32' | 'darwin'; practice: boolean };
}
