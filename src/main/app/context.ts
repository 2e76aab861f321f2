import type { EventName, EventPayload } from '../../shared/contract/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { AuthorityHttp } from '../authority/index.ts';
import type { TrustList } from '../certificates/index.ts';
import type { DocumentHost } from '../documents/index.ts';
import type { Holdings } from '../holdings/index.ts';
import type { TokenService } from '../pkcs11/index.ts';
import type { Renewals } from '../renewal/index.ts';
import type { SealApplications, Seals } from '../seals/index.ts';
import type { Store } from '../store/index.ts';
import type { Tickets } from './calls.ts';
import type { Dialogs } from './dialogs.ts';
import type { OpenDocuments } from './documents.ts';
import type { Answering } from './gate.ts';
import type { PinWindows } from './pin-window.ts';
import type { Practice } from './practice.ts';
import type { SettingsService } from './settings.ts';

/** Something that was found and that the user must know of. */
export interface Notice {
  code: string;
  details: Record<string, string | number | boolean | null>;
}

/** What was there before: made with the window. */
export interface Frame {
  store: Store;
  settings: SettingsService;
  notices: Notice[];
  practice: Practice | undefined;
  userData: string;
  /** The folder `out` of the app. */
  out: string;
  pins: PinWindows;
  tickets: Tickets;
  dialogs: Dialogs;
  /** Brings the window to the front. */
  show(): void;
  tell<E extends EventName>(event: E, payload: EventPayload<E>): void;
}

/** Everything that handlers work with. */
export interface Services extends Frame {
  audit: AuditLog;
  tokens: TokenService;
  /** The way to authorities. */
  http: AuthorityHttp;
  /** The certificates on keys that are here or were. */
  holdings: Holdings;
  renewals: Renewals;
  /** Electronic seals on keys that are here or were. */
  seals: Seals;
  /** Applications for seals. */
  sealing: SealApplications;
  /** Whom this client trusts to say who somebody is. */
  trust: TrustList;
  open: OpenDocuments;
  /** Reads and verifies. Apart from the writer, so that a file that ends it ends no stamp in progress. */
  reader: DocumentHost;
  /** Stamps. */
  writer: DocumentHost;
  /** Settles when the practice world's pictures are in the store; at once without one. */
  seeded: Promise<void>;
  notice(notice: Notice): void;
}

/** The client at work, as the life cycle sees it. */
export interface Client extends Answering {
  /** Opens documents that the system hands over, and tells the window. */
  openFiles(files: readonly string[]): Promise<void>;
  /** Asks the user when a stamp is in progress. */
  mayClose(): Promise<boolean>;
  stop(): Promise<void>;
}
