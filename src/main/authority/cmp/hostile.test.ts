import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { der, parsePemCertificates } from '../../certificates/index.ts';
import type { AuthorityHttp } from '../http.ts';
import { type Expectation, readAnswer } from './answer.ts';
import { CmpClient, type CmpOutcome, type CmpTransaction } from './client.ts';
import { decodeMessage, type PkiBody, type ReceivedMessage } from './message.ts';
import type { CmpProtection } from './protection.ts';

// Answers of the samples, changed and put together anew. Whatever is not protected may differ; nothing else may.

const folder = path.join(import.meta.dirname, 'samples');
const root = parsePemCertificates(readFileSync(path.join(folder, 'pki', 'root.crt')))[0]!;
const server = parsePemCertificates(readFileSync(path.join(folder, 'pki', 'cmpsrv.crt')))[0]!;
const answers: readonly PkiBody['type'][] = ['ip', 'cp', 'kup', 'rp', 'genp', 'error', 'pollRep', 'pkiConf'];

interface Sample {
  file: string;
  bytes: Uint8Array;
  message: ReceivedMessage;
}

interface Exchange {
  request: Sample;
  answer: Sample;
}

const samples: Sample[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.der'))
  .sort()
  .map((file) => {
    const bytes = readFileSync(path.join(folder, file));
    return { file, bytes, message: decodeMessage(bytes) };
  });

const isSame = (a: Uint8Array | null, b: Uint8Array | null) =>
  a !== null && b !== null && Buffer.compare(a, b) === 0;

const exchanges: Exchange[] = samples
  .filter(({ message }) => answers.includes(message.body.type))
  .map((answer) => {
    const request = samples.find(
      ({ message }) =>
        isSame(message.header.senderNonce, answer.message.header.recipNonce) &&
        isSame(message.header.transactionId, answer.message.header.transactionId),
    );
    return { request: request!, answer };
  });

const isMac = ({ message }: Sample) => message.header.senderKid?.length === 11;

function protectionOf(request: Sample): CmpProtection {
  if (isMac(request)) return { kind: 'mac', reference: 'TEST-REF-01', secret: Buffer.from('test-secret-01') };
  const sign = async () => expect.unreachable();
  const signer = { certificate: server.der, chain: [], scheme: 'rsa-pkcs1', hash: 'sha256', sign } as const;
  return { kind: 'signature', signer };
}

function expectation({ request, answer }: Exchange): Expectation {
  const { transactionId, senderNonce } = request.message.header;
  return {
    protection: protectionOf(request),
    roots: [root],
    pool: [server.der],
    recipient: null,
    transactionId: transactionId!,
    nonces: [senderNonce!],
    now: answer.message.header.messageTime!,
  };
}

const kinds = ['ir', 'cr', 'kur', 'p10cr'] as const;
type Kind = (typeof kinds)[number];
const isFirst = ({ request }: Exchange) => kinds.includes(request.message.body.type as Kind);

/** The client gets these bytes for the request of the sample. */
async function sent(exchange: Exchange, bytes: Uint8Array): Promise<CmpOutcome> {
  const http: AuthorityHttp = {
    request: async () => ({ status: 200, headers: { 'content-type': 'application/pkixcmp' }, body: bytes }),
  };
  const { protection, now } = expectation(exchange);
  const { header, body } = exchange.request.message;
  const transaction: CmpTransaction = {
    kind: body.type as Kind,
    transactionId: Buffer.from(header.transactionId!).toString('hex'),
    request: Buffer.from(exchange.request.bytes).toString('base64'),
    senderNonce: Buffer.from(header.senderNonce!).toString('hex'),
    recipNonce: null,
    certReqId: body.type === 'p10cr' ? -1 : 0,
    state: 'made',
  };
  const endpoint = { url: 'http://authority.example/', http, protection, roots: [root], now: () => now };
  return new CmpClient(endpoint).send(transaction);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'taken';
  } catch (error) {
    if (error instanceof YinkeyError) return error.code;
    throw error;
  }
}

/** OpenSSL says what went wrong twice: as status text and as error details. */
const words = (text: string, twice: boolean) => (twice ? `${text} CMP routines ${text}` : text);
const refused = (failInfo: string, text: string, twice = false) =>
  `authority.refused: ${failInfo}: ${words(text, twice)}`;
const unproven = `authority.error-unproven: badRequest: ${words('error processing message', true)}`;

describe('answers of the samples as they are', () => {
  it('are taken when they are protected, and refused when not', async () => {
    expect(exchanges.length).toBeGreaterThan(70);
    for (const exchange of exchanges) {
      const code = await codeOf(readAnswer(exchange.answer.bytes, expectation(exchange)));
      const { file, message } = exchange.answer;
      const bare = message.body.type === 'error' ? 'authority.error-unproven' : 'authority.answer-untrusted';
      expect(code, file).toBe(message.protection ? 'taken' : bare);
    }
  });

  it('lead to what they say', async () => {
    const found: Record<string, string> = {};
    for (const exchange of exchanges.filter(isFirst)) {
      const { file } = exchange.answer;
      try {
        const outcome = await sent(exchange, exchange.answer.bytes);
        if (outcome.kind === 'issued' && outcome.ownKey && !outcome.withMods && !outcome.implicit) continue;
        found[file] =
          outcome.kind === 'waiting'
            ? 'waiting'
            : `own key ${outcome.ownKey}, changed ${outcome.withMods}, implicit ${outcome.implicit}`;
      } catch (error) {
        const { code, details } = error as YinkeyError;
        found[file] = `${code}: ${details.failInfo ?? details.reason}: ${details.text}`;
      }
    }
    expect(found).toEqual({
      '21-kur-poll/kup-waiting.der': 'waiting',
      '22-ir-poll-pbm/ip-waiting.der': 'waiting',
      '76-kur-poll-bouncycastle/kup-waiting.der': 'waiting',
      '31-kur-implicit/kup.der': 'own key true, changed false, implicit true',
      '47-certConf-rejected/kup.der': 'own key false, changed false, implicit false',
      '54-grantedWithMods/kup.der': 'own key true, changed true, implicit false',
      '41-error-sig/error.der': refused('badRequest', 'error processing message', true),
      '45-wrong-secret/error.der': refused('badRequest', 'wrong pbm value', true),
      '46-kur-wrong-oldcert/error.der': refused('badRequest', 'wrong certid', true),
      '42-kup-rejected/kup-rejected.der': refused('badPOP', 'not-eligible-for-renewal'),
      '51-popo-raverified-refused/ip.der': refused('badPOP', 'popo raverified not accepted'),
      '53-popo-none/ip.der': refused('badPOP', 'popo missing'),
      '73-kur-same-key-rejected/error.der': refused('badCertTemplate', 'new key equals old key'),
      '75-kur-revoked-signer/error.der': refused('certRevoked', 'signer certificate is revoked'),
      '43-error-unprotected-refused/error-unprotected.der': unproven,
      '44-error-unprotected-accepted/error-unprotected.der': unproven,
      '49-response-unprotected/kup-unprotected.der': 'authority.answer-untrusted: unprotected: undefined',
    });
  });
});

/** The four parts of a message: header, body, protection, certificates. */
const parts = samples
  .filter(({ message }) => message.protection && message.extraCerts.length > 0)
  .map(({ bytes }) => der.readDer(bytes).children.map(({ raw }) => raw));

type Change = (bytes: Uint8Array) => Uint8Array;

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (share: number, length: number) => Math.floor(share * length);

const flip = fc.tuple(place, fc.integer({ min: 1, max: 255 })).map(
  ([share, mask]): Change =>
    (bytes) => {
      const copy = Uint8Array.from(bytes);
      copy[at(share, copy.length)]! ^= mask;
      return copy;
    },
);
const cut = place.map(
  (share): Change =>
    (bytes) =>
      bytes.subarray(0, at(share, bytes.length)),
);
const insert = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 20 })).map(
  ([share, extra]): Change =>
    (bytes) => {
      const where = at(share, bytes.length);
      return Buffer.concat([bytes.subarray(0, where), extra, bytes.subarray(where)]);
    },
);
const graft = fc.tuple(place, place, place, fc.nat(samples.length - 1)).map(
  ([to, from, share, index]): Change =>
    (bytes) => {
      const donor = samples[index]!.bytes;
      const start = at(from, donor.length);
      const piece = donor.subarray(start, start + at(share, 80) + 1);
      const copy = Uint8Array.from(bytes);
      const where = at(to, copy.length);
      copy.set(piece.subarray(0, copy.length - where), where);
      return copy;
    },
);
/** Other parts in the place of some of its own, each whole and readable. */
const splice = fc
  .tuple(fc.integer({ min: 1, max: 15 }), fc.nat(parts.length - 1), fc.nat(parts.length - 1))
  .map(
    ([mask, one, two]): Change =>
      (bytes) => {
        const own = der.readDer(bytes).children.map(({ raw }) => raw);
        const mixed = own.map((part, index) =>
          mask & (1 << index) ? (parts[index % 2 ? one : two]![index] ?? part) : part,
        );
        return der.seq(...mixed);
      },
  );
/** A value deep inside changed so that all lengths around it still fit. */
const retype = fc.tuple(place, place, fc.uint8Array({ maxLength: 24 })).map(
  ([share, byte, content]): Change =>
    (bytes) => {
      let count = 0;
      const rewrite = (node: der.DerNode, target: number): Uint8Array => {
        if (count++ === target)
          return byte < 0.5 ? der.element(node.tag, content) : der.element(at(byte, 256) & 0xfe, node.value);
        if (!node.constructed) return node.raw;
        return der.element(node.tag, ...node.children.map((child) => rewrite(child, target)));
      };
      const all = (node: der.DerNode): number =>
        1 + (node.constructed ? node.children.reduce((sum, child) => sum + all(child), 0) : 0);
      const tree = der.readDer(bytes);
      return rewrite(tree, at(share, all(tree)));
    },
);

const change = fc.oneof(flip, cut, insert, graft, splice, retype);
const codes = [
  'authority.answer-unreadable',
  'authority.answer-untrusted',
  'authority.error-unproven',
  'authority.secret-wrong',
  'authority.clock-off',
  'authority.refused',
];

describe('answers that somebody has changed', () => {
  it('never say anything but what their maker protected', async () => {
    let refused = 0;
    const hold = async (index: number, alter: Change) => {
      const exchange = exchanges[index]!;
      const { answer } = exchange;
      const bytes = alter(answer.bytes);
      try {
        const { header, body } = await readAnswer(bytes, expectation(exchange));
        expect({ header, body }).toEqual({ header: answer.message.header, body: answer.message.body });
      } catch (error) {
        if (!(error instanceof YinkeyError)) throw error;
        expect(codes).toContain(error.code);
        refused++;
      }
    };
    await fc.assert(fc.asyncProperty(fc.nat(exchanges.length - 1), change, hold), { numRuns: 1500 });
    expect(refused).toBeGreaterThan(1000);
  });

  it('never bring another certificate', async () => {
    const first = exchanges.filter(isFirst);
    const hold = async (index: number, alter: Change) => {
      const exchange = first[index]!;
      const bytes = alter(exchange.answer.bytes);
      try {
        const outcome = await sent(exchange, bytes);
        const { body } = exchange.answer.message;
        const response = 'responses' in body ? body.responses[0]! : null;
        if (outcome.kind === 'waiting') expect(response?.status.status).toBe('waiting');
        else expect(isSame(outcome.certificate, response?.certificate ?? null)).toBe(true);
      } catch (error) {
        if (!(error instanceof YinkeyError)) throw error;
        expect(codes).toContain(error.code);
      }
    };
    await fc.assert(fc.asyncProperty(fc.nat(first.length - 1), change, hold), { numRuns: 500 });
  });

  it('belong to their own request and no other', async () => {
    for (const [index, exchange] of exchanges.entries()) {
      const other = exchanges[(index + 7) % exchanges.length]!;
      const stolen = { ...expectation(other), protection: protectionOf(exchange.request) };
      const reply = readAnswer(exchange.answer.bytes, { ...stolen, now: expectation(exchange).now });
      expect(['authority.answer-untrusted', 'authority.error-unproven']).toContain(await codeOf(reply));
    }
  });
});
