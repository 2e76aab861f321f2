import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parsePemCertificates } from '../../src/main/certificates/index.ts';
import { stampDocument } from '../../src/main/documents/index.ts';
import { sealsOnKey } from '../../src/main/seals/index.ts';
import { KeyCare } from '../../src/main/unlock/index.ts';
import type { CertificateInfo, KeyInfo } from '../../src/shared/domain/index.ts';
import { YinkeyError } from '../../src/shared/errors/index.ts';
import type { Port } from '../../src/shared/hosts/index.ts';
import type { FaultBed, Person } from './bed.ts';
import { verifyFile } from './check.ts';

/** How a flow ended: 'ok' or its error code, and how many PINs the person gave. */
export interface Ended {
  code: string;
  typed: number;
  /** Files that the flow was to make. */
  outputs: string[];
}

export interface Flow {
  name: string;
  run(bed: FaultBed): Promise<Ended>;
  /** Whether outputs may be there although the flow failed: files of a batch that were done before. */
  partial?: boolean;
  /** The PIN may be another one afterwards. */
  newPin?: boolean;
  /** Makes what the flow starts from: once for each case, before anything goes wrong. */
  begin?(bed: FaultBed): Promise<void>;
  /** What does not hold of what it left behind; `done`: it said that it was done. */
  check?(bed: FaultBed, done: boolean): Promise<string[]>;
  /** It needs no key: it makes no call, and nothing that happens to keys is its trouble. */
  keyless?: boolean;
}

async function ended(
  bed: FaultBed,
  pins: readonly string[],
  outputs: string[],
  act: (port: () => Port) => Promise<unknown>,
): Promise<Ended> {
  const people: Person[] = [];
  const port = () => {
    const person = bed.person(pins);
    people.push(person);
    return person.port;
  };
  const typed = () => people.reduce((sum, one) => sum + one.typed(), 0);
  try {
    await act(port);
    return { code: 'ok', typed: typed(), outputs };
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
    const told = people.map((one) => one.told()).find((code) => code !== undefined);
    return {
      code: error.code === 'token.pin-cancelled' && told ? told : error.code,
      typed: typed(),
      outputs,
    };
  }
}

/** The practice key and its RSA certificate, as the keys screen would offer them. */
async function chosen(bed: FaultBed): Promise<{ key: KeyInfo; certificate: CertificateInfo }> {
  const snapshot = await bed.tokens.refresh();
  const trouble = snapshot.modules.find(({ error }) => error !== null)?.error;
  if (trouble) throw new YinkeyError(trouble.code as never, trouble.details);
  // A key whose label can't be read is still shown, with its trouble.
  const key =
    snapshot.keys.find(({ label }) => label === bed.world.token.label) ??
    snapshot.keys.find(({ error }) => error !== null);
  if (!key) throw new YinkeyError('token.none');
  if (key.error) throw new YinkeyError(key.error.code as never, key.error.details);
  const certificate = key.certificates.find(({ keyType, isCa }) => keyType === 'RSA-2048' && !isCa);
  if (!certificate) throw new YinkeyError('certificate.none');
  return { key, certificate };
}

async function stampTo(bed: FaultBed, input: string, output: string, port: () => Port, sealId?: string) {
  const { key, certificate } = await chosen(bed);
  const seal = sealId === undefined ? undefined : await sealOf(bed, key, sealId);
  await stampDocument(
    {
      input,
      output,
      replace: false,
      expectedSha256: '',
      key,
      certificate,
      chain: bed.tokens.chain(key, certificate.id),
      picture: seal?.picture ?? bed.seal,
      seal: seal && {
        ...seal,
        roots: parsePemCertificates(readFileSync(bed.world.trust)).map(({ der }) => der),
        pool: bed.tokens.chain(key, certificate.id).slice(1),
        revoked: [],
      },
      placement: {
        pages: '1',
        x: 120,
        y: 220,
        width: seal?.widthMm ?? 42,
        height: seal?.heightMm ?? 42,
      },
      now: new Date(),
    },
    {
      documents: bed.documents,
      sign: (...call) => bed.tokens.sign(...call),
      sealsOnKey: async (token) => sealsOnKey(await bed.tokens.data(token)),
      audit: bed.audit,
    },
    { pinPort: port },
  );
}

/** The key's seal as a client that sees it for the first time finds it. */
async function sealOf(bed: FaultBed, key: KeyInfo, id: string) {
  const { seals } = await bed.desk();
  await seals.refresh();
  return seals.forStamp(id, key);
}

const care = (bed: FaultBed) =>
  new KeyCare({ tokens: bed.tokens, audit: bed.audit, journal: bed.store.care });
const counter = { reason: 'PIN forgotten', reference: 'T-1', staff: 'Li' };

/** Every flow that touches a key, each from looking at the keys to its end. */
export const flows: readonly Flow[] = [
  {
    name: 'look at the keys',
    run: (bed) => ended(bed, [], [], () => chosen(bed)),
  },
  {
    name: 'log in, change nothing',
    run: (bed) =>
      ended(bed, [bed.pin], [], async (port) => {
        const { key, certificate } = await chosen(bed);
        const { serial, label } = key;
        const scheme = { scheme: 'rsa-pkcs1', hash: 'sha256' } as const;
        const message = Buffer.from('a few bytes');
        await bed.tokens.sign(
          key,
          { serial, label, certificateSha256: certificate.sha256, ...scheme, message },
          { pinPort: port() },
        );
      }),
  },
  {
    name: 'verify',
    keyless: true,
    run: (bed) =>
      ended(bed, [], [], async () => {
        if (!(await verifyFile(bed, stamped(bed)))) throw new YinkeyError('unexpected');
      }),
  },
  {
    name: 'stamp',
    run: (bed) => {
      const output = path.join(bed.out, 'one.pdf');
      return ended(bed, [bed.pin], [output], (port) => stampTo(bed, bed.letter, output, port));
    },
  },
  {
    name: 'stamp three files',
    partial: true,
    run: (bed) => {
      const outputs = ['a', 'b', 'c'].map((name) => path.join(bed.out, `${name}.pdf`));
      return ended(bed, [bed.pin], outputs, async (port) => {
        for (const output of outputs) await stampTo(bed, bed.letter, output, port);
      });
    },
  },
  {
    name: 'stamp with a seal',
    begin: async (bed) => (await bed.desk()).begin(),
    run: (bed) => {
      const output = path.join(bed.out, 'sealed.pdf');
      return ended(bed, [bed.pin], [output], (port) =>
        stampTo(bed, bed.letter, output, port, bed.world.seal.id),
      );
    },
  },
  {
    name: 'take a seal from a scan',
    keyless: true,
    run: (bed) =>
      ended(bed, [], [], async () => {
        const { scan } = await bed.desk();
        const { result } = await bed.documents.capture({ input: scan });
        if (result.verdict === 'refuse') throw new YinkeyError('unexpected');
      }),
  },
  {
    name: 'apply for a seal',
    begin: async (bed) => (await bed.desk()).begin(),
    run: (bed) =>
      ended(bed, [bed.pin], [], async (port) => {
        const { key } = await chosen(bed);
        await (await bed.desk()).ask(key, port);
      }),
    check: async (bed) => (await bed.desk()).checkAsked(),
  },
  {
    name: 'bind a seal',
    begin: async (bed) => (await bed.desk()).approved(),
    run: (bed) =>
      ended(bed, [bed.pin], [], async (port) => {
        await chosen(bed);
        await (await bed.desk()).bind(port);
      }),
    check: async (bed, done) => (await bed.desk()).checkBound(done),
  },
  {
    name: 'change the PIN',
    newPin: true,
    run: (bed) => {
      const next = bed.otherPin;
      return ended(bed, [bed.pin, next], [], async (port) => {
        const { key } = await chosen(bed);
        await care(bed).changePin(key, { pinPort: port });
      });
    },
  },
  {
    name: 'unlock on site',
    newPin: true,
    run: (bed) =>
      ended(bed, [bed.soPin, bed.otherPin], [], async (port) => {
        const { key } = await chosen(bed);
        await care(bed).unlock(key, counter, { pinPort: port });
      }),
  },
];

/** A stamped file for those flows that need one. */
const stamped = (bed: FaultBed) => path.join(bed.folder, 'stamped.pdf');
export async function prepare(bed: FaultBed): Promise<void> {
  if (existsSync(stamped(bed))) return;
  await stampTo(bed, bed.letter, stamped(bed), () => bed.person([bed.pin]).port);
}

/** Files of a flow that are there now. */
export const present = (outputs: readonly string[]) => outputs.filter((file) => existsSync(file));
