import type { RenewalView } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import { type CertificateFacts, parseCertificate } from '../certificates/index.ts';
import { findAuthority } from './authority.ts';
import {
  authorityCheck,
  certificateChecks,
  clockCheck,
  keyChecks,
  keyOf,
  orderCheck,
  roomChecks,
  stopped,
} from './checks.ts';
import type { Entry } from './entry.ts';
import { sealOf, sealView } from './seal.ts';
import type { Tools } from './session.ts';
import type { Work } from './work.ts';

/** Days before its end from which a certificate is renewed, where the authority doesn't say. */
const RENEWAL_DAYS = 90;
/** Runs all checks of a renewal and asks for a quote; written into the journal. */
export async function runChecks(entry: Entry, tools: Tools, now: Date): Promise<void> {
  const { tokens, http } = tools;
  const { work } = entry;
  const facts = parseCertificate(Buffer.from(work.old!.certificate, 'base64'));
  const snapshot = tokens.snapshot();
  const checks = keyChecks(snapshot, entry.token);
  const keyThere = checks.every(({ state }) => state === 'ok');
  const room = keyThere ? roomChecks(tokens, entry.token, work.pair.keyType, facts.der.length) : [];
  const found = findAuthority(entry.view.authority, { http, orders: tools.orders }).catch((error: unknown) =>
    stopped(toWireError(error).code === 'authority.clock-off' ? 'clock' : 'authority', error),
  );
  const [roomResult, authority, revocation] = await Promise.all([
    room,
    found,
    revocationOf(facts, work, tools),
  ]);
  checks.push(...roomResult);
  const info = keyOf(snapshot, entry.token)?.certificates.find(({ sha256 }) => sha256 === facts.sha256);
  checks.push(
    ...certificateChecks({
      facts,
      hasPrivateKey: info ? info.hasPrivateKey : null,
      superseded: tools.journal.superseded().has(facts.sha256),
      revocation,
      renewalDays: ('catalogue' in authority && authority.catalogue?.renewalDays) || RENEWAL_DAYS,
      now,
    }),
  );
  const change: Partial<Work> = {};
  let quote: RenewalView['quote'] = null;
  if ('state' in authority) checks.push(authority);
  else {
    checks.push(authorityCheck(authority), clockCheck(authority, now));
    change.api = authority.api;
    change.cmp = authority.cmp;
    change.pool = authority.catalogue?.certificates ?? [];
    change.makesSeals = Boolean(authority.catalogue?.seals);
    if (authority.api !== '') {
      try {
        const { holder, seal, offers } = await tools.orders(authority.api).quote(facts.sha256);
        quote = { holder, seal, offers };
        checks.push(orderCheck());
      } catch (error) {
        // An order of before is no obstacle: it is taken up.
        if (toWireError(error).code === 'authority.order-exists') {
          change.adopt = true;
          checks.push(orderCheck());
        } else checks.push(stopped('order', error));
      }
    }
  }
  change.seal = keyThere ? await sealNow(entry, tools, facts) : work.seal;
  const makesSeals = change.makesSeals ?? work.makesSeals;
  const seal = sealView({ seal: change.seal, makesSeals });
  await entry.note('started', { work: change, view: { checks, quote, seal }, events: ['checked'] });
}

/** The seal that comes along, as far as the key shows it without a PIN; looked for again when the key is opened. */
async function sealNow(entry: Entry, tools: Tools, facts: CertificateFacts): Promise<Work['seal']> {
  const { seals } = tools;
  if (!seals) return null;
  try {
    const data = await tools.tokens.data(entry.token);
    return await sealOf(data, facts, (digest) => seals.stored(digest));
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
    return entry.work.seal;
  }
}

async function revocationOf(facts: CertificateFacts, work: Work, tools: Tools): Promise<string> {
  const above = work.old!.chain.map((one) => parseCertificate(Buffer.from(one, 'base64')));
  return (await tools.status?.(facts, above)) ?? 'unchecked';
}
