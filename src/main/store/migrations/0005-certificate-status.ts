/** What authorities said of certificates, kept by the dates of their own answers, and the lists they said it in. */
export const certificateStatus = `
CREATE TABLE certificate_status (
  certificate TEXT NOT NULL CHECK (length(certificate) = 64),
  issuer TEXT NOT NULL CHECK (length(issuer) = 64),
  asked_at TEXT NOT NULL,
  -- Why the last question brought nothing: code and details.
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  -- The newest answer; all null as long as there is none.
  revocation TEXT CHECK (revocation IN ('good', 'revoked', 'unknown')),
  source TEXT CHECK (source IN ('ocsp', 'crl')),
  produced_at TEXT,
  valid_until TEXT,
  revoked_at TEXT,
  reason TEXT,
  -- The OCSP answer as it came.
  ocsp BLOB CHECK (length(ocsp) <= 300000),
  -- Where the list is kept that said so.
  crl TEXT,
  PRIMARY KEY (certificate, issuer)
) STRICT;

CREATE TABLE revocation_lists (
  url TEXT NOT NULL,
  issuer TEXT NOT NULL CHECK (length(issuer) = 64),
  this_update TEXT NOT NULL,
  next_update TEXT NOT NULL,
  used_at TEXT NOT NULL,
  der BLOB NOT NULL CHECK (length(der) <= 16777216),
  PRIMARY KEY (url, issuer)
) STRICT;
`;
