import { YinkeyError } from '../../shared/errors/index.ts';
import { CareJournalRepository } from './care-journal.ts';
import { openDatabase, type Unusable } from './database.ts';
import { RenewalRepository } from './renewals.ts';
import {
  AgreedModulesRepository,
  AuditRowsRepository,
  PicturesRepository,
  RecentDocumentsRepository,
  SettingsRepository,
} from './repositories.ts';
import { SealApplicationRepository } from './seal-applications.ts';
import { BoundSealsRepository, SealStatusListsRepository } from './seals.ts';
import { SeenCertificatesRepository } from './seen-certificates.ts';
import { StatusCacheRepository } from './status-cache.ts';

export type { CareJournalRepository } from './care-journal.ts';
export type { Lease } from './leases.ts';
export type { RenewalLease, RenewalRepository, RenewalRow } from './renewals.ts';
export type {
  AgreedModulesRepository,
  AuditRow,
  AuditRowsRepository,
  PicturesRepository,
  RecentDocumentsRepository,
  SettingsRepository,
} from './repositories.ts';
export { SEAL_BYTES_LIMIT } from './repositories.ts';
export type { SealApplicationRepository, SealApplicationRow } from './seal-applications.ts';
export type {
  BoundSealRow,
  BoundSealsRepository,
  SealStatusListsRepository,
} from './seals.ts';
export type { SeenCertificate, SeenCertificatesRepository } from './seen-certificates.ts';
export type { KeptAnswer, KeptStatus, StatusCacheRepository } from './status-cache.ts';

/** The database's file in the client's data folder; the command line and the windows know it by this one name. */
export const STORE_FILE = 'store.db';

/** What the client remembers: one database, one connection, everything through here. */
export interface Store {
  readonly settings: SettingsRepository;
  readonly recent: RecentDocumentsRepository;
  readonly pictures: PicturesRepository;
  readonly modules: AgreedModulesRepository;
  readonly audit: AuditRowsRepository;
  readonly care: CareJournalRepository;
  readonly certificates: SeenCertificatesRepository;
  readonly renewals: RenewalRepository;
  readonly status: StatusCacheRepository;
  readonly seals: BoundSealsRepository;
  readonly sealApplications: SealApplicationRepository;
  readonly sealStatus: SealStatusListsRepository;
  close(): void;
}

export interface OpenedStore {
  store: Store;
  /** The old database could not be used; it is kept beside the new one under the name `kept`. For the user to know. */
  notice: { code: Unusable; details: { kept: string } } | null;
}

export interface StoreOptions {
  /** The database's file; its folder is made when missing. */
  file: string;
  /** Path of the compiled addon, where the packaged one doesn't fit the runtime (Node-API below 10). */
  nativeBinding?: string | undefined;
  now?: Date;
}

/**
 * Opens the store, in the client and on the command line alike.
 * @throws YinkeyError store.failed when the file can't be opened or written (no permission, full disk, locked)
 */
export async function openStore({
  file,
  nativeBinding,
  now = new Date(),
}: StoreOptions): Promise<OpenedStore> {
  const { database, aside } = await openDatabase(file, nativeBinding, now);
  try {
    const store: Store = {
      settings: new SettingsRepository(database),
      recent: new RecentDocumentsRepository(database),
      pictures: new PicturesRepository(database),
      modules: new AgreedModulesRepository(database),
      audit: new AuditRowsRepository(database),
      care: new CareJournalRepository(database),
      certificates: new SeenCertificatesRepository(database),
      renewals: new RenewalRepository(database),
      status: new StatusCacheRepository(database),
      seals: new BoundSealsRepository(database),
      sealApplications: new SealApplicationRepository(database),
      sealStatus: new SealStatusListsRepository(database),
      close: () => void database.close(),
    };
    return { store, notice: aside && { code: aside.code, details: { kept: aside.kept } } };
  } catch (error) {
    database.close();
    throw new YinkeyError('store.failed', { reason: 'schema' }, { cause: error });
  }
}
