import { z } from 'zod';
import { failureNames, type PkiFailure } from '../../src/main/authority/index.ts';

export type FailInfo = PkiFailure;

const count = z.number().int().min(0).max(1_000_000_000);

/** What a test, or a person who wants to see trouble, can turn while the authority runs. */
export const knobsSchema = z.object({
  /** Milliseconds before every answer. */
  slow: count,
  /** Connections are cut without an answer. */
  down: z.boolean(),
  /** Milliseconds that the authority's clock is wrong by; positive: fast. */
  clockOffset: z.number().int(),
  /** CMP answers, OCSP answers and timestamps are signed by somebody else. */
  wrongSigner: z.boolean(),
  /** Requests for certificates are refused with these words. */
  refuse: z.object({ text: z.string().max(500), failInfo: z.enum(failureNames) }).nullable(),
  /** How often a client has to ask (pollReq) before its certificate comes; 0: it comes at once. */
  pollCount: count,
  /** Seconds that a waiting client is told to wait. */
  checkAfter: count,
  /** The n-th CMP message from now on is dealt with and its answer lost; 0: none. Counts down. */
  loseResponse: count,
  /** The body of each CMP answer is the answer twice. */
  answerTwice: z.boolean(),
  /** What is wrong with certificates that are issued. */
  surprise: z.enum(['other-name', 'other-key', 'shorter-validity']).nullable(),
  /** Whether a client that asks for implicit confirmation gets it. */
  implicitConfirm: z.boolean(),
  /** Seconds until a certificate that nobody confirmed is revoked. */
  confirmWithin: count,
  /** CMP `error` messages carry no protection, as some authorities' do. */
  unprotectedErrors: z.boolean(),
  /** A new root has taken the old one's place: what id-it-rootCaCert asks for. */
  rootUpdate: z.boolean(),
  /** A confirmed order goes to the staff before anything is issued for it. */
  reviewOrders: z.boolean(),
  /** Applications for seals wait for the staff, as they do everywhere; false: what keeps the rules is approved at once. */
  reviewSeals: z.boolean(),
  /** As `loseResponse`, of answers of the seal maker: applications, seals, reissues, losses. */
  loseSealAnswer: count,
});
export type Knobs = z.infer<typeof knobsSchema>;

export const calmKnobs: Knobs = {
  slow: 0,
  down: false,
  clockOffset: 0,
  wrongSigner: false,
  refuse: null,
  pollCount: 0,
  checkAfter: 1,
  loseResponse: 0,
  answerTwice: false,
  surprise: null,
  implicitConfirm: true,
  confirmWithin: 3 * 86_400,
  unprotectedErrors: false,
  rootUpdate: false,
  reviewOrders: false,
  reviewSeals: true,
  loseSealAnswer: 0,
};
