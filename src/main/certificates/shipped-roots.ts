/**
 * The list of roots that comes with this release, and the key (SubjectPublicKeyInfo, base64) that it and its updates are
 * signed with. It names no authority yet: which ones are in is a decision of those who publish the client, made with a
 * key of theirs (docs/trust-list.md).
 */
export const shippedRoots = {
  text: '{"version":1,"issued":"2026-11-22T00:00:00.000Z","roots":[],"signature":"MEQCIHoLC59kLfrLVm2uFUPGTz6uekLZK6ipBMwhauwSFvQPAiBRXsTCsEcheAAKcabwr5pc21jzRIgRXM39+CQWRHIrnw=="}',
  key: Buffer.from(
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8aeFV4uXKU8J2ho5DZGok2OAb1TsFqitJ/DBWTp3WWxw4BNfcGo5ew2fgda+xi8nUa8MpDOc9eh8gidfAZdj4w==',
    'base64',
  ),
};
