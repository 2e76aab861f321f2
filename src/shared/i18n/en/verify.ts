export const verify = {
  panel: 'Result',
  list: 'Signatures in this file',
  listComma: ', ',
  pending: { word: 'verifying', text: 'Verifying; a large file takes a little longer.' },
  verdict: { valid: 'Valid', limited: 'Not proven', invalid: 'Invalid', unsigned: 'No seal' },
  sentence: {
    'all-valid_one':
      'The seal is genuine, and nothing has changed since it was put on. The file may be used and archived.',
    'all-valid_other':
      'All {{count}} seals are genuine, and nothing has changed since they were put on. The file may be used and archived.',
    'one-valid':
      'The seal is genuine, and nothing has changed since it was put on. The file may be used and archived.',
    'one-valid-signature':
      'The signature is genuine, and nothing has changed since. It carries no electronic seal: a picture shown with it is a signature picture.',
    'all-valid-signature_one':
      'The signature is genuine, and nothing has changed since. It carries no electronic seal: a picture shown with it is a signature picture.',
    'all-valid-signature_other':
      'All {{count}} signatures are genuine, and nothing has changed since. Not each of them carries an electronic seal: a picture shown with the others is a signature picture.',
    none: 'There is no electronic seal in this file. A seal that you see on a page is a picture and proves nothing.',
    broken: 'Signature {{which}} does not fit what the file says now. Please do not use this file.',
    'changed-after': 'The file was changed after signature {{which}}. Please do not use this file.',
    unsupported:
      'Signature {{which}} is of a kind that YinKey cannot check. Ask the unit that signed it how to.',
    'trust-unproven':
      'Nothing was changed, but it cannot be proven that an authority you trust stands behind signature {{which}}. Ask the unit that signed it.',
    revoked:
      'The certificate of signature {{which}} was revoked by its authority. Please do not use this file.',
    'expired-unproven':
      'Nothing was changed, but the certificate has expired and it cannot be proven that it was valid when the file was signed. Ask the unit that signed it.',
    'seal-invalid':
      'The file was signed, but the electronic seal of signature {{which}} must not be trusted. Please do not use this file.',
    'seal-picture':
      'The file was signed, but the page does not show the electronic seal that signature {{which}} carries. Please do not use this file.',
    'seal-unproven':
      'Nothing was changed, but the electronic seal of signature {{which}} cannot be proven genuine. Ask the unit that stamped it.',
  },
  act: { stamp: 'Stamp this file' },
  steps: {
    heading: 'What to do',
    invalid: {
      1: 'Don’t accept, archive or act upon this file',
      2: 'Ask the unit that stamped it for the original',
    },
    limited: {
      1: 'Call the unit that stamped it and ask about this file',
      2: 'Use a number that you looked up, not one in the file',
    },
  },
  unsigned: {
    heading: 'What that means',
    text: 'Anyone can paste the picture of a seal. Only a seal put on with a key tells who stamped, and whether anything changed since.',
  },
  badge: 'Signature {{number}}, {{unit}}, {{standing}}',
  pageWord: 'invalid',
  invisible: 'invisible signature',
  fact: {
    signer: 'Signed by',
    issuer: 'Authority',
    time: 'Time',
    pages: 'Shown on',
    covers: 'Protects',
    after: 'Since then',
    why: 'Why',
    validity: 'Valid',
    serial: 'Serial number',
    sha256: 'Fingerprint SHA-256',
    chain: 'Chain',
    field: 'Signature field',
    level: 'Level',
    digest: 'Digest',
    algorithm: 'Signature',
    key: 'Key type',
    word: 'Result code',
    fileSha256: 'File SHA-256',
  },
  time: {
    missing: 'not stated',
    none: 'not stated',
    claimed: 'clock of the one who signed, not proven',
    timestamp: 'proven by a timestamp',
  },
  pages: {
    list: 'page {{pages}}',
    many: 'page {{first}} and others, {{count}} in all',
    show: 'Show page',
    none: 'not visible on a page',
  },
  coverage: {
    'whole-file': 'the whole file',
    'whole-revision': 'the whole file as it was then',
    partial: 'only part of the file',
  },
  after: {
    none: 'nothing changed',
    broken: 'the content differs; where can’t be told',
    unread: 'can’t be judged',
    allowed: 'added: {{what}}; allowed',
    forbidden: 'changes that are not allowed: {{what}}',
  },
  change: {
    signature: 'another signature',
    'form-filled': 'form fields',
    annotation: 'comments',
    'validation-data': 'validation data',
    content: 'page content',
    other: 'other content',
  },
  markState: { ok: 'Passed: ', warn: 'Note: ', bad: 'Failed: ' },
  /** What a signature shows. */
  shows: {
    seal: 'electronic seal {{name}} ({{id}})',
    unreadable: 'an electronic seal that can’t be read',
    picture: 'signature picture, no electronic seal',
    nothing: 'nothing on the page, no electronic seal',
  },
  seal: {
    valid: 'genuine',
    unproven: 'not proven',
    invalid: 'not to be trusted',
    status: 'by the maker’s list of {{date}}: {{state}}',
    stale: 'by the maker’s list of {{date}}, which is out of date: {{state}}',
    unasked: 'no list of its maker here: whether it was suspended or cancelled is not known',
    state: {
      normal: 'normal',
      suspended: 'suspended',
      cancelled: 'cancelled',
      'not-issued': 'not issued',
      unknown: 'not known',
    },
  },
  mark: {
    intact: 'The content is what was signed',
    broken: 'The content is not what was signed',
    unchanged: 'Nothing changed since then',
    added: 'Since then only changes that are allowed',
    changed: 'Since then changes that are not allowed',
    partial: 'The signature protects only part of the file; the rest could be anything',
    unread: 'Unknown signature format: the content was not judged',
    'trust-trusted': 'The certificate is from a trusted authority',
    'trust-untrusted': 'The authority is not on the trust list',
    'trust-expired': 'The certificate has expired; not proven that it was valid then',
    'trust-revoked': 'The certificate has been revoked',
    'trust-unknown': 'No trust list here: the authority can’t be judged',
  },
  reason: {
    'intact-trusted': 'The signature is intact, and its certificate is from an authority on the trust list.',
    'digest-mismatch': 'The content was changed, or damaged on its way.',
    'signature-invalid':
      'The signature does not fit the public key of the certificate: it was exchanged or damaged.',
    'cms-malformed': 'The signature data are damaged and can’t be read.',
    'byterange-invalid':
      'What the signature claims to protect breaks the rules; someone may have tampered with it.',
    'signature-lost':
      'The file holds the remains of a signature, but no longer leads to it: it was damaged or tampered with.',
    'content-changed-after': 'Page content was changed after the signature.',
    'forbidden-change-after': 'Something was changed after the signature that it does not allow.',
    'certificate-untrusted': 'The signature is intact, but its authority is not on the trust list.',
    'certificate-expired':
      'The signature is intact, but its certificate has expired and no timestamp proves when it was made.',
    'certificate-not-yet-valid': 'The signature is intact, but its certificate is not valid yet.',
    'certificate-revoked': 'The authority has revoked the certificate.',
    'certificate-revoked-later':
      'The certificate was revoked after the time that the signature gives for itself. That time is the signer’s own word; no timestamp proves it.',
    'certificate-usage': 'The certificate is not one for signing.',
    'certificate-mismatch': 'The certificate named in the signature is not the one that is there.',
    'trust-unknown': 'The signature is intact, but there is no trust list here to judge its authority by.',
    'unsupported-algorithm': 'It uses a signature algorithm unknown to YinKey, so it can’t be judged.',
    'weak-digest': 'It uses a digest that is no longer safe: the content could be forged.',
    'seal-invalid':
      'The signature is intact, but the electronic seal that it carries must not be trusted: it is not genuine, not for this certificate, or was not in force.',
    'seal-picture':
      'The signature is intact, but the page shows another picture than that of the electronic seal it carries.',
    'seal-unproven':
      'The signature is intact, but it cannot be proven that the electronic seal it carries is genuine, was in force, and is what the page shows.',
    'unsupported-subfilter': 'It uses a signature format unknown to YinKey, so it can’t be judged.',
  },
  validity: '{{from}} to {{to}}',
  fold: {
    certificates: 'Certificates and authorities',
    technical: 'Technical details',
    issuers_one: '{{count}} authority',
    issuers_other: '{{count}} authorities',
  },
  law: 'The electronic original has force. Prints and copies in another format have none: stamp a print by hand, or hand over proof with it.',
};
