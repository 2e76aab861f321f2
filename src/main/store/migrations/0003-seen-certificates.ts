/**
 * Certificates that were seen on keys, so that reminders and the list of certificates know those whose key is not
 * plugged in. Public data only. Roots that the user trusts stay files in the folder `trust`.
 */
export const seenCertificates = `
CREATE TABLE seen_certificates (
  sha256 TEXT PRIMARY KEY,
  der BLOB NOT NULL,
  cka_id TEXT NOT NULL,
  label TEXT NOT NULL,
  module TEXT NOT NULL,
  serial TEXT NOT NULL,
  token_label TEXT NOT NULL,
  manufacturer TEXT NOT NULL,
  pin_state TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  seal TEXT NOT NULL DEFAULT ''
) STRICT;
`;
