import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type RunningAuthority, startAuthority } from '../../softhsm-fixtures/authority/index.ts';
import { goodImpression } from '../../softhsm-fixtures/impressions/index.ts';
import { authorityHttp } from '../../src/main/authority/index.ts';
import { parseCertificate, parsePemCertificates } from '../../src/main/certificates/index.ts';
import { sealApplication } from '../../src/main/pkcs11/index.ts';
import { SealApplications, Seals } from '../../src/main/seals/index.ts';
import { openStore, type Store } from '../../src/main/store/index.ts';
import type {
  CaptureResult,
  CertificateInfo,
  KeyInfo,
  SealApplicationView,
} from '../../src/shared/domain/index.ts';
import { fromWireError, YinkeyError } from '../../src/shared/errors/index.ts';
import type { Port } from '../../src/shared/hosts/index.ts';
import type { FaultBed } from './bed.ts';

interface Material {
  png: Uint8Array;
  smallPng: Uint8Array;
  scanJpeg: Uint8Array;
  result: CaptureResult;
}

/**
 * What flows with seals need besides the bed: the practice authority at work, an impression that was captured, and the
 * client's seals and applications on a store that each case has for itself.
 */
export class SealDesk {
  readonly bed: FaultBed;
  readonly authority: RunningAuthority;
  readonly scan: string;
  readonly #http: ReturnType<typeof authorityHttp>;
  readonly #material: Material;
  #store: { store: Store; folder: string } | undefined;
  seals!: Seals;
  sealing!: SealApplications;

  private constructor(bed: FaultBed, authority: RunningAuthority, scan: string, material: Material) {
    this.bed = bed;
    this.authority = authority;
    this.scan = scan;
    this.#http = authorityHttp();
    this.#material = material;
  }

  static async open(bed: FaultBed): Promise<SealDesk> {
    const authority = await startAuthority({ dir: bed.world.dir });
    const made = await goodImpression(2, { quality: 85 });
    const scan = path.join(bed.folder, 'impression.jpg');
    writeFileSync(scan, made.bytes);
    const { result, png, views } = await bed.documents.capture({ input: scan, views: true });
    const material = { png, smallPng: views!.smallPng, scanJpeg: made.bytes, result };
    return new SealDesk(bed, authority, scan, material);
  }

  /** The certificate that has no seal yet, and the one that has one from the beginning. */
  certificate(key: KeyInfo, which: 'free' | 'sealed'): CertificateInfo {
    const type = which === 'sealed' ? 'RSA-2048' : 'EC-P256';
    const found = key.certificates.find(({ keyType, isCa }) => keyType === type && !isCa);
    if (!found) throw new YinkeyError('certificate.none');
    return found;
  }

  /** A client that has seen nothing yet, an authority that knows of no seal for the free certificate, and a key without one. */
  async begin(): Promise<void> {
    await this.#clear();
    const folder = mkdtempSync(path.join(this.bed.folder, 'desk-'));
    const { store } = await openStore({ file: path.join(folder, 'store.db') });
    this.#store = { store, folder };
    const { tokens, documents } = this.bed;
    const tools = {
      tokens,
      http: this.#http,
      audit: this.bed.audit,
      roots: async () => parsePemCertificates(readFileSync(this.bed.world.trust)),
      revocation: () => undefined,
      picture: (png: Uint8Array) => documents.picture(png),
    };
    this.seals = new Seals({
      ...tools,
      seals: store.seals,
      lists: store.sealStatus,
      seen: () => [],
    });
    this.sealing = new SealApplications({ ...tools, journal: store.sealApplications, seals: this.seals });
    const key = await this.#key();
    const { sha256 } = this.certificate(key, 'free');
    for (const one of this.authority.sealApplications())
      if (one.certificateSha256 === sha256 && one.state === 'review')
        this.authority.refuseSeal(one.id, 'again');
    for (const one of this.authority.seals())
      if (one.certificateSha256 === sha256 && one.state !== 'cancelled') this.authority.cancelSeal(one.id);
    await this.#removeFrom(key);
  }

  async #key(): Promise<KeyInfo> {
    const { keys } = await this.bed.tokens.refresh();
    const key = keys.find(({ label }) => label === this.bed.world.token.label);
    if (!key) throw new Error('the practice key is not there');
    return key;
  }

  async #removeFrom(key: KeyInfo): Promise<void> {
    const { tokens, world } = this.bed;
    const strangers = (await tokens.data(key)).filter(({ label }) => label !== world.seal.id);
    if (strangers.length === 0) return;
    const act = await tokens.act(key, { pinPort: this.bed.person([this.bed.pin]).port });
    try {
      for (const { application, label, value } of strangers)
        await act.removeData({
          application,
          label,
          sha256: createHash('sha256').update(value).digest('hex'),
        });
    } finally {
      await act.end();
    }
  }

  /** From the captured impression to the authority's queue; goes on with what an earlier run has left. */
  async ask(key: KeyInfo, port: () => Port): Promise<void> {
    const [open] = this.sealing.list();
    if (open?.phase === 'review') return;
    const { module, serial, label } = key;
    const certificate = this.certificate(key, 'free');
    const draft =
      open ??
      (await this.sealing.draft({
        material: this.#material,
        token: { module, serial, label },
        certificate: certificate.sha256,
        name: nameFor(this.bed, key, certificate),
        kind: 'contract',
        administrator: '李静',
        handler: '李静',
        contact: '',
        replaces: null,
        authority: this.authority.url,
      }));
    await settled(await this.sealing.send(draft.id, { pinPort: port }), 'review');
  }

  /** `yinkey seal request` for the free certificate. */
  requestArguments(): string[] {
    const { certificates, token, trust } = this.bed.world;
    const { id, subject } = certificates.find(({ keyType }) => keyType === 'EC-P256')!;
    const name = /(?:^|,)OU=([^,]+)/.exec(subject)?.[1] ?? '';
    const people = ['--administrator', '李静', '--handler', '李静'];
    const where = [
      '--cert',
      id,
      '--token',
      token.serial,
      '--authority',
      this.authority.url,
      '--trust',
      trust,
    ];
    return ['seal', 'request', this.scan, '--name', name, '--kind', 'contract', ...people, ...where];
  }

  /** Applications that wait for the staff. */
  waiting(): number {
    return this.authority.sealApplications().filter(({ state }) => state === 'review').length;
  }

  approveAll(): void {
    for (const one of this.authority.sealApplications())
      if (one.state === 'review') this.authority.approveSeal(one.id);
  }

  /** What doesn't hold of the application: one that the client believes to be there is, and there is one at most. */
  checkAsked(): string[] {
    const wrong: string[] = [];
    const [mine] = this.sealing.list();
    const waiting = this.authority.sealApplications().filter(({ state }) => state === 'review');
    if (waiting.length > 1) wrong.push(`${waiting.length} applications for one seal`);
    if (mine?.phase === 'review' && waiting[0]?.number !== mine.number)
      wrong.push('the authority does not have the application');
    return wrong;
  }

  /** An application that the staff have approved. */
  async approved(): Promise<void> {
    await this.begin();
    const key = await this.#key();
    await this.ask(key, () => this.bed.person([this.bed.pin]).port);
    const [application] = this.sealing.list();
    const theirs = this.authority.sealApplications().find(({ number }) => number === application?.number);
    if (!theirs) throw new Error('the authority has no application');
    this.authority.approveSeal(theirs.id);
    await this.sealing.look(application!.id);
  }

  /** Onto the key; goes on with what an earlier run has left. */
  async bind(port: () => Port): Promise<void> {
    await this.sealing.resume();
    const [application] = this.sealing.list();
    if (!application) throw new Error('no application');
    if (application.phase === 'bound') return;
    await settled(await this.sealing.bind(application.id, { pinPort: port }), 'bound');
  }

  /** What doesn't hold of the free certificate's seal on the key: there is none, or a whole one that can be used. */
  async checkBound(must: boolean): Promise<string[]> {
    const key = await this.#key();
    const objects = (await this.bed.tokens.data(key)).filter(({ label }) => label !== this.bed.world.seal.id);
    const wrong: string[] = [];
    if (must && objects.length === 0) wrong.push('bound, and nothing of it is on the key');
    if (objects.length > 1) wrong.push(`${objects.length} objects of one seal`);
    if (!must) return wrong;
    await this.seals.refresh();
    const card = this.seals.cards().find(({ id }) => id === objects[0]?.label);
    if (card?.verdict !== 'valid' || card.code !== null)
      wrong.push(`the seal that was bound: ${card?.verdict ?? 'unknown'} ${card?.code ?? ''}`);
    if (objects[0]?.application === sealApplication && card?.where !== 'key')
      wrong.push('told as kept elsewhere');
    return wrong;
  }

  async #clear(): Promise<void> {
    await this.sealing?.close();
    this.seals?.close();
    this.#store?.store.close();
    if (this.#store) rmSync(this.#store.folder, { recursive: true, force: true });
    this.#store = undefined;
  }

  async close(): Promise<void> {
    await this.#clear();
    this.#http.close();
    await this.authority.close();
  }
}

/** The view says how it ended; flows say it by an error. */
async function settled(view: SealApplicationView, phase: SealApplicationView['phase']): Promise<void> {
  if (view.phase === phase) return;
  throw view.error ? fromWireError(view.error) : new YinkeyError('token.pin-cancelled');
}

/** The full name of the seal that the certificate names. */
function nameFor(bed: FaultBed, key: KeyInfo, certificate: CertificateInfo): string {
  const der = bed.tokens.chain(key, certificate.id)[0]!;
  return parseCertificate(der).subject.organizationalUnit ?? certificate.holder;
}
