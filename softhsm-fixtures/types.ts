/** One certificate of the practice world, as `practice up --json` prints it. */
export interface PracticeCertificate {
  /** First 16 hex characters of the SHA-256 of the DER certificate. */
  id: string;
  label: string;
  /** RFC 4514 text. */
  subject: string;
  issuer: string;
  /** Lower-case hex, as in the certificate. */
  serialNumber: string;
  /** ISO 8601, UTC. */
  notBefore: string;
  notAfter: string;
  keyType: string;
  sha256: string;
}

/** A token made for practice or a test. `pin` is null while no user PIN has been set. */
export interface PracticeToken {
  label: string;
  serial: string;
  pin: string | null;
  soPin: string;
}

/** Everything that is needed to reach the practice world. All paths are absolute. */
export interface PracticeWorld {
  dir: string;
  module: string;
  env: { SOFTHSM2_CONF: string };
  token: PracticeToken & { pin: string };
  certificates: PracticeCertificate[];
  /** Where the practice authority answers when it runs; the port is the world's for good, certificates carry it. */
  authority: { url: string; port: number };
  /** PEM of the practice root. */
  trust: string;
  /** PEM of the issuing authority, for tests that want the middle of the chain. */
  issuing: string;
  /** The seal on the practice key, for its first certificate: esID and name. */
  seal: { id: string; name: string };
  /** Picture of the public seal, 42 mm at 600 dpi, transparent. */
  picture: string;
  /** All pictures of seals with their true size in millimetres. */
  seals: { label: string; path: string; millimetres: number }[];
  documents: string[];
}

/** Key types the practice world can make. */
export type PracticeKeyType = 'RSA-2048' | 'RSA-3072' | 'RSA-4096' | 'EC-P256' | 'EC-P384';
