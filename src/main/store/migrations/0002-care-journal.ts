/** The journal of acts at the counter: unlock, new key, new SO PIN. No PIN is in it, in no form. */
export const careJournal = `
CREATE TABLE care_journal (
  id TEXT PRIMARY KEY,
  act TEXT NOT NULL,
  module TEXT NOT NULL,
  serial TEXT NOT NULL,
  label TEXT NOT NULL,
  reason TEXT NOT NULL,
  reference TEXT NOT NULL,
  staff TEXT NOT NULL,
  started_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('started', 'done', 'unchanged', 'unknown')),
  settled_at TEXT,
  result TEXT NOT NULL,
  refused TEXT NOT NULL CHECK (json_valid(refused))
) STRICT;
CREATE INDEX care_journal_by_time ON care_journal (started_at DESC);
`;
