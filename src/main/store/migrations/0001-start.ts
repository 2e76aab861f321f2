/** The first schema: settings, recent documents, seal pictures, agreed modules, the audit log. */
export const start = `
CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL CHECK (json_valid(value))
) STRICT;

CREATE TABLE recent_documents (
  id TEXT PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  stamped INTEGER NOT NULL CHECK (stamped IN (0, 1))
) STRICT;
CREATE INDEX recent_documents_by_time ON recent_documents (opened_at DESC);

CREATE TABLE seal_pictures (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL UNIQUE,
  width_px INTEGER NOT NULL,
  height_px INTEGER NOT NULL,
  width_mm REAL NOT NULL,
  height_mm REAL NOT NULL,
  added_at TEXT NOT NULL,
  png BLOB NOT NULL CHECK (length(png) <= 20000000)
) STRICT;

CREATE TABLE agreed_modules (
  path TEXT PRIMARY KEY,
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  agreed_at TEXT NOT NULL
) STRICT;

-- Entries are added and never touched again. entry: the canonical JSON that the hash is taken over.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  entry TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
  WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- How far the log goes, so that entries missing at its end are noticed.
CREATE TABLE audit_head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;
`;
