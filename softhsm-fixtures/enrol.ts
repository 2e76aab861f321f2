import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuditLog } from '../src/main/audit/index.ts';
import { authorityHttp } from '../src/main/authority/index.ts';
import { parseCertificate, parsePemCertificates } from '../src/main/certificates/index.ts';
import { spawnNodeHost } from '../src/main/cli/spawn.ts';
import { examineModule, TokenService } from '../src/main/pkcs11/index.ts';
import { Renewals } from '../src/main/renewal/index.ts';
import { openStore, STORE_FILE } from '../src/main/store/index.ts';
import { type PinRequest, pinReplySchema } from '../src/shared/contract/index.ts';
import type { RenewalView } from '../src/shared/domain/index.ts';
import { YinkeyError } from '../src/shared/errors/index.ts';
import { type Port, portPair } from '../src/shared/hosts/index.ts';
import { type EnrolmentForm, enrolmentSubject } from './authority/orders-enrolment.ts';
import { withDriver } from './driver.ts';
import { withLock } from './lock.ts';
import { readSeeds, seedPins, writeSeeds } from './seed.ts';
import { describe, newPin, writePinFile } from './token-content.ts';
import type { PracticeCertificate, PracticeToken, PracticeWorld } from './types.ts';
import { withUsccCheck } from './uscc.ts';

const keyLabel = '练习密钥盘 06 新领';
const form: EnrolmentForm = {
  unit: '抚仙湖水质检测站',
  creditCode: withUsccCheck('12530400MB1C5D276'),
  seal: '公章',
  years: 3,
};

const failed = (reason: string) => new YinkeyError('practice.failed', { reason });

/** A key that got its certificate as holders get theirs: blank, with what the counter handed out. */
export interface EnrolledKey {
  token: PracticeToken & { pin: string };
  unit: string;
  creditCode: string;
  certificate: PracticeCertificate;
  der: Uint8Array;
}

/** The staff's page hands out a blank key: its reference number and secret code. */
async function askAtTheCounter(authorityUrl: string): Promise<{ reference: string; secret: string }> {
  const { years, ...words } = form;
  const answer = await fetch(`${authorityUrl}/enrol`, {
    method: 'POST',
    // The page takes forms from itself alone.
    headers: { origin: authorityUrl },
    body: new URLSearchParams({ ...words, years: String(years) }),
    signal: AbortSignal.timeout(10_000),
  }).catch((error: Error) => {
    throw failed(`the authority's counter: ${error.message}`);
  });
  const text = await answer.text();
  const shown = (id: string) => new RegExp(`id="${id}">([0-9A-Z-]+)<`).exec(text)?.[1];
  const [reference, secret] = [shown('reference'), shown('secret')];
  if (!answer.ok || !reference || !secret) throw failed(`no reference number: HTTP ${answer.status}`);
  return { reference, secret };
}

/** Gives the PIN once, as the clerk at the counter would; a key that refuses it is left alone. */
function clerk(pin: string): () => Port {
  return () => {
    const [hostEnd, own] = portPair();
    const send = (request: PinRequest) => own.post(request);
    let given = false;
    own.onMessage((message) => {
      const reply = pinReplySchema.parse(message);
      if (reply.type === 'ask' && !given) {
        given = true;
        send({ type: 'submit', pin, lastTryAgreed: false });
      } else if (reply.type === 'ask' || reply.type === 'failed') send({ type: 'cancel' });
    });
    return hostEnd;
  };
}

/** The client's own machinery at the counter, with a journal of its own: what was cut off goes on from there. */
async function withCounter<T>(world: PracticeWorld, work: (renewals: Renewals) => Promise<T>): Promise<T> {
  const { store } = await openStore({ file: join(world.dir, 'counter', STORE_FILE) });
  const http = authorityHttp();
  const { sha256 } = await examineModule(world.module);
  const tokens = new TokenService({
    spawn: spawnNodeHost(fileURLToPath(new URL('../src/main/pkcs11/token.host.ts', import.meta.url)), {
      env: { ...process.env, ...world.env },
    }),
    ledger: { list: () => [{ path: world.module, sha256 }], agree: () => {}, forget: () => {} },
    known: [],
  });
  const renewals = new Renewals({
    tokens,
    http,
    journal: store.renewals,
    audit: new AuditLog(store.audit),
    roots: async () => parsePemCertificates(await readFile(world.trust)),
  });
  try {
    await tokens.refresh();
    return await work(renewals);
  } finally {
    await renewals.close();
    await tokens.stop();
    http.close();
    store.close();
  }
}

/** SHA-256 of the certificate that the key has now. */
async function enrolOn(
  world: PracticeWorld,
  token: { label: string; serial: string; pin: string },
  letters: { known: Letters | null; ask: () => Promise<Letters> },
  authorityUrl: string,
): Promise<string> {
  const { label, serial, pin } = token;
  const pinPort = clerk(pin);
  return withCounter(world, async (renewals) => {
    const enrol = ({ reference, secret }: Letters): Promise<RenewalView> =>
      renewals.enrol(
        {
          token: { module: world.module, label, serial },
          authority: `${authorityUrl}/.well-known/cmp`,
          reference,
          subject: enrolmentSubject(form),
          keyType: 'EC-P256',
          label: form.seal,
          pkcs10: false,
        },
        { pinPort, secret: Buffer.from(secret, 'utf8') },
      );
    let view = await enrol(letters.known ?? (await letters.ask()));
    if (letters.known && view.actions.includes('end') && view.state !== 'done') {
      // Too old, or of an authority that was lost meanwhile: what came of it is taken back.
      await renewals.end(view.id, { pinPort });
      view = await enrol(await letters.ask());
    }
    if (view.state !== 'done' || !view.fresh) throw failed(`enrolment: ${view.error?.code ?? view.state}`);
    return view.fresh.sha256;
  });
}

interface Letters {
  reference: string;
  secret: string;
}

/**
 * One more key of the world, with the certificate of a unit that came the real way: handed out blank at the counter of
 * the authority that runs at `authorityUrl`, then ir under its reference number and secret code. Found again later; one
 * that was cut off goes on. The PIN is with those of the seeded keys.
 * @throws YinkeyError practice.failed, token.*, driver.*, store.failed
 */
export function enrolPracticeKey(world: PracticeWorld, authorityUrl: string): Promise<EnrolledKey> {
  return withLock(world.dir, async () => {
    const seeds = readSeeds(world.dir);
    let token = seeds.tokens[keyLabel];
    const open = <T>(work: Parameters<typeof withDriver<T>>[2]) =>
      withDriver(world.module, world.env.SOFTHSM2_CONF, work);
    const there =
      token && (await open((driver) => driver.tokens())).some(({ serial }) => serial === token!.serial);
    if (!token || !there) {
      const made = { label: keyLabel, pin: newPin(), soPin: newPin() };
      token = { ...made, ...(await open((driver) => driver.init(made))) };
      seeds.tokens[keyLabel] = token;
      delete seeds.enrolment;
      writeSeeds(world.dir, seeds);
    }
    const { serial, pin } = token;
    let der = seeds.enrolment?.der;
    if (!der) {
      const ask = async () => {
        const letters = await askAtTheCounter(authorityUrl);
        // Written before it is used: nothing that the authority issues for it is lost.
        seeds.enrolment = letters;
        writeSeeds(world.dir, seeds);
        return letters;
      };
      const sha256 = await enrolOn(world, token, { known: seeds.enrolment ?? null, ask }, authorityUrl);
      const { certificates } = await open((driver) => driver.content(serial, pin));
      const own = certificates.find((entry) => parseCertificate(entry.der).sha256 === sha256);
      if (!own) throw failed('the certificate is not on the key');
      der = Buffer.from(own.der).toString('base64');
      seeds.enrolment = { ...seeds.enrolment!, der };
      writeSeeds(world.dir, seeds);
    }
    writePinFile(world, seedPins(world.dir));
    const content = new Uint8Array(Buffer.from(der, 'base64'));
    const { unit, creditCode, seal } = form;
    return { token, unit, creditCode, certificate: describe(seal, content), der: content };
  });
}
