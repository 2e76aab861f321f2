import type { SealUseEntry } from '../../shared/domain/index.ts';
import type { AuditLog } from '../audit/index.ts';

/** Stamps of one seal that are told one by one: the newest. */
const told = 500;

/** Where seals were used, by the audit log; read on from where it was read to before. */
export class SealUses {
  readonly #audit: Pick<AuditLog, 'after'>;
  #read = 0;
  readonly #counts = new Map<string, { count: number; last: string | null; entries: SealUseEntry[] }>();

  constructor(audit: Pick<AuditLog, 'after'>) {
    this.#audit = audit;
  }

  /** How many stamps were made with a seal here, and when the last one. */
  of(id: string): { count: number; last: string | null } {
    this.#readOn();
    const { count, last } = this.#counts.get(id) ?? { count: 0, last: null };
    return { count, last };
  }

  /** Stamps and attempts with a seal, newest first. */
  entries(id: string): SealUseEntry[] {
    this.#readOn();
    return [...(this.#counts.get(id)?.entries ?? [])].reverse();
  }

  #readOn(): void {
    for (const entry of this.#audit.after(this.#read)) {
      this.#read = entry.seq;
      if (entry.act !== 'stamp' || !entry.seal) continue;
      const uses = this.#counts.get(entry.seal.id) ?? { count: 0, last: null, entries: [] };
      const { at, subject, result, certificateSha256 } = entry;
      if (result === 'ok') {
        uses.count += 1;
        uses.last = at;
      }
      uses.entries.push({ at, document: subject, result, certificateSha256 });
      if (uses.entries.length > told) uses.entries.shift();
      this.#counts.set(entry.seal.id, uses);
    }
  }
}
