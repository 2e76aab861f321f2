/**
 * Electronic seals: those that were read from keys, with what was last found of them; the journal of applications; and
 * the makers' status lists. No PIN is in any of it.
 */
export const seals = `
-- SESeal objects, whole, by the SHA-256 of their bytes.
CREATE TABLE seal_objects (
  sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
  der BLOB NOT NULL CHECK (length(der) <= 4194304),
  -- The key has no room for it and holds its digest only: these are the only bytes there are here.
  kept INTEGER NOT NULL CHECK (kept IN (0, 1)),
  at TEXT NOT NULL
) STRICT;

CREATE TABLE bound_seals (
  -- esID.
  id TEXT NOT NULL,
  serial TEXT NOT NULL,
  token_label TEXT NOT NULL,
  module TEXT NOT NULL,
  sha256 TEXT NOT NULL REFERENCES seal_objects (sha256),
  place TEXT NOT NULL CHECK (place IN ('key', 'store')),
  -- The seal as it was last shown.
  view TEXT NOT NULL CHECK (json_valid(view)),
  seen_at TEXT NOT NULL,
  PRIMARY KEY (id, serial, token_label)
) STRICT;

CREATE TABLE seal_applications (
  id TEXT PRIMARY KEY,
  -- SHA-256 of the certificate that is to use the seal.
  certificate TEXT NOT NULL CHECK (length(certificate) = 64),
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  started_at TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  -- What people see, and what is needed to go on.
  view TEXT NOT NULL CHECK (json_valid(view)),
  work TEXT NOT NULL CHECK (json_valid(work)),
  picture BLOB NOT NULL CHECK (length(picture) <= 24576),
  small_picture BLOB NOT NULL CHECK (length(small_picture) <= 8192),
  -- Kept until the authority has it.
  scan BLOB CHECK (length(scan) <= 5242880),
  -- Who works on it, and until when (Unix milliseconds) if nothing more is heard.
  lease_owner TEXT,
  lease_pid INTEGER,
  lease_until INTEGER
) STRICT;
CREATE UNIQUE INDEX seal_applications_one_open ON seal_applications (certificate) WHERE open = 1;
CREATE INDEX seal_applications_by_time ON seal_applications (changed_at DESC);

CREATE TABLE seal_status_lists (
  -- SHA-256 over issuer and subject of the maker's certificate: its certificate may be renewed, its numbers go on.
  maker TEXT PRIMARY KEY CHECK (length(maker) = 64),
  -- The highest number that was ever seen.
  number INTEGER NOT NULL,
  this_update TEXT NOT NULL,
  next_update TEXT NOT NULL,
  asked_at TEXT NOT NULL,
  der BLOB NOT NULL CHECK (length(der) <= 4194304)
) STRICT;
`;
