/**
 * The journal of renewals, and the certificates that others have taken the place of. `view` is what people see,
 * `work` what the journey needs to go on; no PIN and no secret code is in either.
 */
export const renewals = `
CREATE TABLE renewals (
  id TEXT PRIMARY KEY,
  -- SHA-256 of the certificate that is renewed; of a first certificate: of what stands for it.
  certificate TEXT NOT NULL CHECK (length(certificate) = 64),
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  started_at TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  view TEXT NOT NULL CHECK (json_valid(view)),
  work TEXT NOT NULL CHECK (json_valid(work)),
  -- Who works on it, and until when (Unix milliseconds) if nothing more is heard.
  lease_owner TEXT,
  lease_pid INTEGER,
  lease_until INTEGER
) STRICT;
CREATE UNIQUE INDEX renewals_one_open ON renewals (certificate) WHERE open = 1;
CREATE INDEX renewals_by_time ON renewals (changed_at DESC);

CREATE TABLE superseded_certificates (
  sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
  by_sha256 TEXT NOT NULL CHECK (length(by_sha256) = 64),
  renewal TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
`;
