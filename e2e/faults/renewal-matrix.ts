import { fork } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { type RunningAuthority, startAuthority } from '../../softhsm-fixtures/authority/index.ts';
import { noteSeal, openSealMaker } from '../../softhsm-fixtures/authority/practice-seals.ts';
import { type Authority, ensureAuthority } from '../../softhsm-fixtures/authority/root.ts';
import { type SealMaker, sealIdOf } from '../../softhsm-fixtures/authority/seal-maker.ts';
import { issue, type PracticeWorld, practiceUp } from '../../softhsm-fixtures/index.ts';
import { type Keysim, makeKeysim } from '../../softhsm-fixtures/keysim/index.ts';
import { ringSeal } from '../../softhsm-fixtures/sealing.ts';
import type { AuthorityHttp } from '../../src/main/authority/index.ts';
import { creditCodeOf, parseCertificate } from '../../src/main/certificates/index.ts';
import { sealApplication, type TokenService } from '../../src/main/pkcs11/index.ts';
import { readSeal, sealLists } from '../../src/main/seals/ses/index.ts';
import type { Store } from '../../src/main/store/index.ts';
import type { RenewalView, TokenId } from '../../src/shared/domain/index.ts';
import { YinkeyError } from '../../src/shared/errors/index.ts';
import type { Broken } from './matrix.ts';
import { type ClientFacts, person, type RenewalClient, startClient, tokensOf } from './renewal-client.ts';

const day = 86_400_000;
const child = path.join(import.meta.dirname, 'renewal-child.ts');
/** CKA_ID of the pair whose certificates are renewed: made once, certified anew for each case. */
const oldId = 'aa'.repeat(20);
const oldLabel = '公章';

const renewalFaults = [
  'kill main',
  'kill token host',
  'pull key',
  'authority down',
  'response lost',
  'disk full',
] as const;
type RenewalFault = (typeof renewalFaults)[number];

export interface RenewalCase {
  fault: RenewalFault;
  /** Which write of the journal, before or after it, counted from the beginning. */
  step: number;
  name: string;
}

/** A simulated key, the practice authority over real sockets, and clients that come and go. */
export class RenewalBed {
  readonly folder: string;
  readonly world: PracticeWorld;
  readonly keysim: Keysim;
  readonly authority: RunningAuthority;
  readonly tokens: TokenService;
  readonly facts: ClientFacts;
  /** The next answer of the authority is lost. */
  lose = false;
  /** The store takes nothing more. */
  full = false;
  #orders: Sqlite;
  #old: { spki: Uint8Array };
  #making: { practice: Authority; maker: SealMaker; pictures: [Buffer, Buffer] };
  /** The seals of the set-up have numbers below. */
  #seals = 1000;
  /** esID of the seal of the case's old certificate. */
  oldSeal = '';

  private constructor(
    parts: Pick<RenewalBed, 'folder' | 'world' | 'keysim' | 'authority' | 'tokens' | 'facts'> & {
      spki: Uint8Array;
      making: { practice: Authority; maker: SealMaker; pictures: [Buffer, Buffer] };
    },
  ) {
    this.folder = parts.folder;
    this.world = parts.world;
    this.keysim = parts.keysim;
    this.authority = parts.authority;
    this.tokens = parts.tokens;
    this.facts = parts.facts;
    this.#old = { spki: parts.spki };
    this.#making = parts.making;
    const database = path.join(path.dirname(parts.authority.root), 'authority.db');
    this.#orders = new Sqlite(database);
  }

  static async open(): Promise<RenewalBed> {
    const folder = mkdtempSync(path.join(tmpdir(), 'yinkey-renewal-faults-'));
    const world = await practiceUp(path.join(folder, 'world'));
    const keysim = await makeKeysim(world, { keys: { k1: { token: world.token.serial } } });
    const module = path.join(folder, path.basename(keysim.module));
    copyFileSync(keysim.module, module);
    const authority = await startAuthority({ dir: world.dir });
    const token: TokenId = { module, serial: world.token.serial, label: world.token.label };
    const facts: ClientFacts = {
      store: path.join(folder, 'client', 'store.db'),
      module,
      env: keysim.env,
      root: authority.root,
      pin: world.token.pin,
      token,
      authority: authority.api,
    };
    const tokens = await tokensOf(facts);
    await tokens.refresh();
    const act = await tokens.act(token, { pinPort: person(facts.pin)() });
    const { spki } = await act.generate({ keyType: 'EC-P256', ckaId: oldId, label: oldLabel });
    await act.end();
    const practice = await ensureAuthority(world.dir);
    const maker = await openSealMaker(practice, { url: authority.url });
    const pictures = await Promise.all([ringSeal(42, 300), ringSeal(42, 150)]);
    const making = { practice, maker, pictures };
    return new RenewalBed({ folder, world, keysim, authority, tokens, facts, spki, making });
  }

  /** A client in this process, whose store and authority can be broken. */
  client(atStep?: () => void | Promise<void>): Promise<RenewalClient> {
    const http = (below: AuthorityHttp): AuthorityHttp => ({
      request: async (question) => {
        const answer = await below.request(question);
        if (!this.lose) return answer;
        this.lose = false;
        throw new YinkeyError('authority.timeout', { host: '127.0.0.1', seconds: 30 });
      },
    });
    const journal = (below: Store['renewals']) => {
      const { save } = below;
      below.save = (...row) => {
        if (this.full) throw new YinkeyError('store.failed', { reason: 'SQLITE_FULL' });
        save.apply(below, row);
      };
      return below;
    };
    return startClient(this.facts, { tokens: this.tokens, http, journal, ...(atStep && { atStep }) });
  }

  /** Nothing is wrong any more. */
  async lift(): Promise<void> {
    this.lose = false;
    this.full = false;
    Object.assign(this.authority.knobs, { down: false, loseResponse: 0 });
    await this.keysim.control('plug k1');
    await this.tokens.refresh();
  }

  /** The seal of a certificate, known to the authority as one of the set-up's. */
  #sealFor(der: Uint8Array): { id: string; bytes: Buffer } {
    const { practice, maker, pictures } = this.#making;
    const { subject } = parseCertificate(der);
    const creditCode = creditCodeOf(subject)?.value ?? '';
    this.#seals += 1;
    const createdAt = new Date(Math.floor(Date.now() / 1000) * 1000);
    const record = {
      id: sealIdOf(creditCode, this.#seals),
      certificate: der,
      name: oldLabel,
      kind: 'official' as const,
      unit: subject.organization ?? '',
      creditCode,
      administrator: '李明华',
      ...{ widthMm: 42, heightMm: 42, picture: pictures[0], smallPicture: pictures[1] },
      createdAt,
    };
    noteSeal(practice.folder, { ...record, state: 'normal', since: createdAt, key: this.facts.token.serial });
    return { id: record.id, bytes: maker.issue(record, 'full') };
  }

  /** A fresh certificate with 30 days left for the old pair, its seal, and nothing of earlier cases on the key. */
  async begin(): Promise<string> {
    await this.lift();
    const publicKey = createPublicKey({ key: Buffer.from(this.#old.spki), format: 'der', type: 'spki' });
    const notAfter = new Date(Date.now() + 30 * day);
    const { der, sha256 } = await issue(this.world, { publicKey, onToken: false, label: oldLabel, notAfter });
    const act = await this.tokens.act(this.facts.token, { pinPort: person(this.facts.pin)() });
    try {
      const made = (await act.pairs()).filter(({ label }) => label.startsWith('YinKey renewal'));
      const ids = new Set([oldId, ...made.map(({ ckaId }) => ckaId)]);
      for (const one of await act.certificates())
        if (ids.has(one.ckaId)) await act.removeCertificate(one.der);
      for (const { ckaId, spki } of made) await act.removePair(ckaId, spki);
      await act.writeCertificate({ ckaId: oldId, label: oldLabel, der });
      await this.#clearSeals(act);
      const seal = this.#sealFor(der);
      this.oldSeal = seal.id;
      await act.writeData({ application: sealApplication, label: seal.id, value: seal.bytes });
    } finally {
      await act.end();
    }
    await this.tokens.refresh();
    return sha256;
  }

  async #clearSeals(act: Awaited<ReturnType<TokenService['act']>>): Promise<void> {
    for (const { application, label, value } of await act.data()) {
      const sha256 = createHash('sha256').update(value).digest('hex');
      await act.removeData({ application, label, sha256 } as Parameters<typeof act.removeData>[0]);
    }
  }

  /** What does not hold about seals on the key and at their maker. `fresh`: the new certificate; null: none came of it. */
  async sealTrouble(view: RenewalView | undefined, old: string): Promise<string[]> {
    const trouble: string[] = [];
    const data = await this.tokens.data(this.facts.token);
    const [object] = data;
    if (data.length !== 1 || !object) return [`${data.length} seals on the key`];
    const fresh = view?.state === 'done' ? view.fresh : null;
    const seal = readSeal(object.value);
    if (fresh && view?.seal.state !== 'carried')
      trouble.push(`the seal is ${view?.seal.state} ${view?.seal.code}`);
    if (seal.id !== (fresh ? view?.seal.newId : this.oldSeal))
      trouble.push(`the key has the seal ${seal.id}`);
    const wanted = fresh?.sha256 ?? old;
    const held = await this.content();
    const listed = held.ders.find((der) => parseCertificate(der).sha256 === wanted);
    if (!listed || !(await sealLists(seal, listed)))
      trouble.push('the seal on the key lists another certificate');
    const about = this.authority.seals().filter(({ certificateSha256: of }) => of === old || of === wanted);
    const normal = about.filter(({ state }) => state === 'normal').map(({ id }) => id);
    if (normal.join() !== seal.id) trouble.push(`the maker counts the seals ${normal.join()} as valid`);
    if (about.length !== (fresh ? 2 : 1)) trouble.push(`${about.length} seals were made`);
    return trouble;
  }

  /** What the key holds of a case: the pairs and certificates of old and new. */
  async content(): Promise<{ made: number; certificates: number; ders: Uint8Array[] }> {
    const act = await this.tokens.act(this.facts.token, { pinPort: person(this.facts.pin)() });
    try {
      const pairs = await act.pairs();
      const made = pairs.filter(({ label }) => label.startsWith('YinKey renewal'));
      const ids = [oldId, ...made.map(({ ckaId }) => ckaId)];
      const certificates = (await act.certificates()).filter(({ ckaId }) => ids.includes(ckaId));
      // Checked by the host with the public key: a pair that can't sign fails.
      for (const { ckaId, spki } of pairs.filter((pair) => ids.includes(pair.ckaId))) {
        await act.sign({ ckaId, spki }, 'ecdsa', 'sha256', Buffer.from('works'));
      }
      return {
        made: made.length,
        certificates: certificates.length,
        ders: certificates.map(({ der }) => der),
      };
    } finally {
      await act.end();
    }
  }

  /** Orders that were paid for a certificate, with what was issued for them. */
  paid(certificateSha256: string): { id: string; state: string }[] {
    return this.#orders
      .prepare('SELECT id, state FROM orders WHERE certificate_sha256 = ? AND paid_at IS NOT NULL')
      .all(certificateSha256) as { id: string; state: string }[];
  }

  async strike(fault: RenewalFault): Promise<void> {
    switch (fault) {
      case 'kill token host': {
        const pid = this.tokens.pidOf(this.facts.module);
        if (pid !== undefined) process.kill(pid, 'SIGKILL');
        return;
      }
      case 'pull key':
        await this.keysim.control('pull k1');
        return;
      case 'authority down':
        this.authority.knobs.down = true;
        return;
      case 'response lost':
        this.lose = true;
        return;
      case 'disk full':
        this.full = true;
        return;
      case 'kill main':
        throw new Error('a process kills itself');
    }
  }

  async close(): Promise<void> {
    this.#orders.close();
    await Promise.allSettled([this.tokens.stop(), this.authority.close(), this.keysim.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function journey(bed: RenewalBed, client: RenewalClient, sha256: string): Promise<void> {
  const { renewals, pinPort } = client;
  const { id } = await renewals.start(bed.facts.token, sha256, { authority: bed.facts.authority });
  await renewals.confirm(id, 1);
  const order = renewals.orderOf(id);
  if (!order) return;
  bed.authority.pay(order.id);
  await renewals.resumeAll();
  await renewals.go(id, { pinPort });
}

/** Every write of the journal in a renewal where nothing goes wrong, each before and after. */
export async function renewalCases(bed: RenewalBed): Promise<RenewalCase[]> {
  const sha256 = await bed.begin();
  const steps: string[] = [];
  const client = await startClient(bed.facts, {
    tokens: bed.tokens,
    atStep: (phase, when) => void steps.push(`${when} ${phase}`),
  });
  await journey(bed, client, sha256);
  const view = client.renewals.list()[0];
  await client.close();
  if (view?.state !== 'done' || view.seal.state !== 'carried')
    throw new Error(`a renewal fails without any fault: ${JSON.stringify(view)}`);
  return renewalFaults.flatMap((fault) => steps.map((name, step) => ({ fault, step, name })));
}

/** The person at the next start: looks, does what is offered, pays what is open. */
async function goOn(
  bed: RenewalBed,
  client: RenewalClient,
  sha256: string,
): Promise<RenewalView | undefined> {
  const { renewals, pinPort } = client;
  await client.tokens.refresh();
  await renewals.resumeAll();
  let view = renewals.list().find(({ old }) => old.sha256 === sha256);
  for (let n = 0; view && view.state !== 'done' && n < 5; n += 1) {
    const { id } = view;
    if (view.checks.length === 0) view = await renewals.check(id);
    else if (view.actions.includes('confirm')) view = await renewals.confirm(id, 1);
    else if (view.actions.includes('pay')) {
      bed.authority.pay(renewals.orderOf(id)!.id);
      await renewals.resumeAll();
      view = renewals.get(id);
    } else if (view.actions.includes('go')) view = await renewals.go(id, { pinPort });
    else return view;
  }
  return view;
}

/** A renewal in a process of its own, killed at that step. Whether it was. */
function killed(bed: RenewalBed, sha256: string, step: number): Promise<boolean> {
  const one = fork(child, [], { serialization: 'advanced', stdio: 'ignore' });
  one.on('message', (message: { order?: string }) => {
    if (message.order !== undefined) bed.authority.pay(message.order);
    one.send('paid');
  });
  one.send({ facts: bed.facts, sha256, step });
  return new Promise((resolve) => one.once('exit', (_code, signal) => resolve(signal === 'SIGKILL')));
}

/** Runs one case and gives what does not hold; nothing is good. */
export async function runRenewalCase(bed: RenewalBed, { fault, step, name }: RenewalCase): Promise<Broken[]> {
  const broken: Broken[] = [];
  const say = (what: string) => broken.push({ what, case: `renewal, ${fault} ${name} (${step})` });
  const sha256 = await bed.begin();
  if (fault === 'kill main') {
    if (!(await killed(bed, sha256, step))) say('the process was not killed');
  } else {
    let count = -1;
    const first = await bed.client(async () => {
      count += 1;
      if (count === step) await bed.strike(fault);
    });
    try {
      await journey(bed, first, sha256);
    } catch (error) {
      if (!(error instanceof YinkeyError)) throw error;
    }
    await bed.lift();
    await first.close();
  }
  const next = await bed.client();
  try {
    const view = await goOn(bed, next, sha256);
    await checkEnd(bed, next, sha256, view, say);
  } finally {
    await next.close();
  }
  return broken;
}

async function checkEnd(
  bed: RenewalBed,
  client: RenewalClient,
  sha256: string,
  view: RenewalView | undefined,
  say: (what: string) => void,
): Promise<void> {
  const renewed = view?.state === 'done';
  // Killed before anything was written: as before, and nothing begun.
  if (view && !renewed) say(`ends ${view.state} with ${view.error?.code}`);
  const orders = bed.paid(sha256);
  if (orders.length !== (renewed ? 1 : 0)) say(`${orders.length} orders paid`);
  const issued = orders.flatMap(({ id }) => bed.authority.certificates(id));
  const good = issued.filter(({ state }) => state === 'good');
  if (good.length !== (renewed ? 1 : 0)) say(`${good.length} certificates confirmed`);
  if (issued.some(({ state }) => state === 'issued')) say('a certificate is neither confirmed nor revoked');
  const { made, certificates } = await bed.content();
  if (made !== (renewed ? 1 : 0)) say(`${made} new pairs on the key`);
  if (certificates !== (renewed ? 2 : 1)) say(`${certificates} certificates on the key`);
  if (client.store.renewals.superseded().has(sha256) !== renewed) say('the old certificate is still offered');
  for (const trouble of await bed.sealTrouble(view, sha256)) say(trouble);
  const verdict = client.audit.verify();
  if (!verdict.ok) say(`the audit chain is broken at ${verdict.firstBroken}`);
}
