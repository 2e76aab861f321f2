import {
  issuedSealSchema,
  lossReceiptSchema,
  lossRequestSchema,
  sealApplicationSchema,
  sealBoundSchema,
  sealFormSchema,
  sealReissueSchema,
  sealRequestSchema,
} from '../../src/shared/domain/seal-making.ts';

/** What the seal maker's part of the API says and hears, by the names of its description. */
export const sealSchemas = {
  SealRequest: sealRequestSchema,
  SealApplication: sealApplicationSchema,
  IssuedSeal: issuedSealSchema,
  SealBound: sealBoundSchema,
  SealReissue: sealReissueSchema,
  LossRequest: lossRequestSchema,
  LossReceipt: lossReceiptSchema,
};

const signatureProblems = ['signature-missing', 'signature-wrong', 'clock', 'revoked'] as const;
const makingProblems = ['unknown-certificate', 'expired', 'unknown-seal', 'seal-exists', 'rules'] as const;

/** Routes of the seal maker, as `apiRoutes` has them. */
export const sealRoutes = {
  sealApply: {
    method: 'post',
    path: '/seals/applications',
    operationId: 'applyForSeal',
    summary:
      'Applies for a seal, with the key of the certificate that is to use it. The same idempotency key and the same request answer the same application',
    body: 'SealRequest',
    answer: 'SealApplication',
    signed: true,
    idempotent: true,
    problems: [...signatureProblems, ...makingProblems, 'not-in-this-state', 'invalid'],
  },
  sealRead: {
    method: 'get',
    path: '/seals/applications/{id}',
    operationId: 'readSealApplication',
    summary: 'An application with its history, for whoever knows its id',
    answer: 'SealApplication',
    problems: ['unknown-seal'],
  },
  sealFetch: {
    method: 'get',
    path: '/seals/applications/{id}/seal',
    operationId: 'fetchSeal',
    summary: 'The seal of an approved application; the same bytes each time',
    answer: 'IssuedSeal',
    query: {
      name: 'form',
      description:
        'full: the whole certificate in it; digests: its digest; small: its digest and the small picture',
      pattern: `^(${sealFormSchema.options.join('|')})$`,
    },
    problems: ['unknown-seal', 'not-in-this-state', 'invalid'],
  },
  sealBound: {
    method: 'post',
    path: '/seals/applications/{id}/bound',
    operationId: 'tellSealBound',
    summary:
      'The key holds the seal; the one that it takes the place of is cancelled. Told again it changes nothing',
    body: 'SealBound',
    answer: 'SealApplication',
    signed: true,
    problems: [...signatureProblems, 'unknown-seal', 'not-in-this-state', 'invalid'],
  },
  sealWithdraw: {
    method: 'post',
    path: '/seals/applications/{id}/withdraw',
    operationId: 'withdrawSealApplication',
    summary: 'The holder takes an application back, as long as its seal is not bound',
    answer: 'SealApplication',
    signed: true,
    problems: [...signatureProblems, 'unknown-seal', 'not-in-this-state'],
  },
  sealReissue: {
    method: 'post',
    path: '/seals/reissues',
    operationId: 'reissueSeal',
    summary:
      'Makes the seal of a renewed certificate anew for the new one, approved at once, with the new one’s key. The same pair answers the same application',
    body: 'SealReissue',
    answer: 'SealApplication',
    signed: true,
    problems: [...signatureProblems, ...makingProblems, 'not-in-this-state', 'invalid'],
  },
  lossReport: {
    method: 'post',
    path: '/losses',
    operationId: 'reportLoss',
    summary:
      'A key is lost: its certificate is revoked and its seal cancelled, both at once. Signed with another certificate of the same unit, or with the account’s data. Reported again it answers the same receipt',
    body: 'LossRequest',
    answer: 'LossReceipt',
    signed: 'or-account',
    problems: [...signatureProblems, 'unknown-certificate', 'rules', 'unavailable', 'invalid'],
  },
} as const;
