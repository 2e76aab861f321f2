import type { CertificateFacts } from '../../src/main/certificates/index.ts';
import type { CertificationAuthority } from './ca.ts';
import type { AuthorityDatabase, StoredCertificate } from './database.ts';
import type { FailInfo, Knobs } from './knobs.ts';

/** What the orders part stands on. */
export interface OrdersDeps {
  database: AuthorityDatabase;
  ca: CertificationAuthority;
  knobs: Knobs;
  /** The authority's clock, `knobs.clockOffset` in it. */
  now: () => Date;
  /** 'http://127.0.0.1:PORT' without a slash at the end. */
  url: string;
}

/** May the CMP server issue for this order? */
export type GateAnswer =
  /** `notAfter`: the order's. A certificate issued for it before and not confirmed is revoked and replaced. */
  | { kind: 'issue'; notAfter: Date }
  /** The staff have not decided. */
  | { kind: 'wait'; checkAfterSeconds: number }
  | { kind: 'refuse'; failInfo: FailInfo; text: string };

/** What the orders part does for the CMP server and for tests. Orders that are not known: `refuse`. */
export interface OrdersGate {
  /**
   * Asked with each kur, and again with each pollReq. 'issue' for an order that is paid, confirmed by the holder and
   * approved, and also for one in state 'issued' whose certificate nobody has confirmed.
   * @param old the certificate that signed the kur, which must be the order's
   */
  gate(orderId: string, old: CertificateFacts): GateAnswer;
  /** A certificate was issued for it (again, when an earlier one was never confirmed). */
  issued(orderId: string, certificate: StoredCertificate): void;
  /** The holder confirmed the certificate: the order is done. */
  confirmed(orderId: string): void;
  /** The holder refused the certificate, which is revoked now, or never confirmed it: back to 'approved'. */
  unissued(orderId: string): void;
  /** As if somebody had paid on the pay page. */
  pay(orderId: string): void;
  /** As if the staff had decided on the review page. */
  approve(orderId: string): void;
  refuse(orderId: string, reason: string): void;
}
