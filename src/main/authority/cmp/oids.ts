/** Object identifiers of CMP and CRMF: RFC 9810 appendix F, RFC 4211 appendix B, RFC 9481, RFC 8018. */
export const cmpOids = {
  // protection
  passwordBasedMac: '1.2.840.113533.7.66.13',
  pbmac1: '1.2.840.113549.1.5.14',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha1: '1.2.840.113549.2.7',
  /** The older name of HMAC with SHA-1, which OpenSSL and BouncyCastle write. */
  hmacSha1Ipsec: '1.3.6.1.5.5.8.1.2',
  hmacSha256: '1.2.840.113549.2.9',
  hmacSha384: '1.2.840.113549.2.10',
  hmacSha512: '1.2.840.113549.2.11',
  // controls and registration information
  oldCertId: '1.3.6.1.5.5.7.5.1.5',
  utf8Pairs: '1.3.6.1.5.5.7.5.2.1',
  // information types
  signKeyPairTypes: '1.3.6.1.5.5.7.4.2',
  implicitConfirm: '1.3.6.1.5.5.7.4.13',
  caCerts: '1.3.6.1.5.5.7.4.17',
  rootCaKeyUpdate: '1.3.6.1.5.5.7.4.18',
  rootCaCert: '1.3.6.1.5.5.7.4.20',
  // who may answer for an authority (RFC 6402)
  cmcCa: '1.3.6.1.5.5.7.3.27',
  cmcRa: '1.3.6.1.5.5.7.3.28',
  // certificate extensions in requests
  reasonCode: '2.5.29.21',
  extensionRequest: '1.2.840.113549.1.9.14',
} as const;
