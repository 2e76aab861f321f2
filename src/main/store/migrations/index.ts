import { start } from './0001-start.ts';
import { careJournal } from './0002-care-journal.ts';
import { seenCertificates } from './0003-seen-certificates.ts';
import { renewals } from './0004-renewals.ts';
import { certificateStatus } from './0005-certificate-status.ts';
import { seals } from './0006-seals.ts';

/** Every step of the schema in order; the database's user_version counts those that it has taken. Never edited once released. */
export const migrations: readonly string[] = [
  start,
  careJournal,
  seenCertificates,
  renewals,
  certificateStatus,
  seals,
];
