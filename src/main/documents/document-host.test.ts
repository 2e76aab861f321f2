import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureAuthority } from '../../../softhsm-fixtures/authority/root.ts';
import { buildPdf, documentNumbers, pagesDocument } from '../../../softhsm-fixtures/documents/build.ts';
import { pdfsig } from '../../../softhsm-fixtures/peers/index.ts';
import { memorySigner } from '../../../softhsm-fixtures/signers.ts';
import { ringPicture, usualPlace } from '../../../softhsm-fixtures/stamping.ts';
import type { SpawnHost } from '../../shared/hosts/index.ts';
import { portOfChild, portPair } from '../../shared/hosts/process-port.ts';
import { DocumentHost, type StampRequest } from './document-host.ts';
import { serveDocuments } from './host-service.ts';

const root = mkdtempSync(join(tmpdir(), 'yinkey-host-'));
const authority = await ensureAuthority(root);
const signer = await memorySigner(authority, 'EC-P256');
const picture = await ringPicture(60);
const original = buildPdf(pagesDocument([{ attributes: '/MediaBox[0 0 595 842]' }]), documentNumbers.catalog);
const entry = fileURLToPath(new URL('./document.host.ts', import.meta.url));
let count = 0;
let dir = '';
let input = '';
let target = '';
const hosts: DocumentHost[] = [];

beforeEach(() => {
  dir = join(root, String(count++));
  mkdirSync(dir);
  input = join(dir, 'contract.pdf');
  target = join(dir, 'stamped.pdf');
  writeFileSync(input, original);
});

afterEach(() => Promise.all(hosts.splice(0).map((host) => host.stop())));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The host as a process of its own; `shell` runs it under a shell with these commands before it. */
function spawnHost(shell?: string): SpawnHost {
  return () => {
    const wrapper = join(root, 'limited.sh');
    if (shell)
      writeFileSync(wrapper, `#!/bin/bash\n${shell}\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
    const child = fork(entry, [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      ...(shell ? { execPath: wrapper } : {}),
    });
    return {
      port: portOfChild(child),
      pid: child.pid,
      kill: () => child.kill('SIGKILL'),
      exited: new Promise((resolve) => child.once('exit', (code) => resolve({ code }))),
    };
  };
}

function started(spawn: SpawnHost = spawnHost()): DocumentHost {
  const host = new DocumentHost({ spawn });
  hosts.push(host);
  return host;
}

const request = (more: Partial<StampRequest> = {}): StampRequest => ({
  input,
  target,
  replace: false,
  expectedSha256: '',
  picture,
  placement: usualPlace,
  certificates: signer.certificates,
  now: '2026-05-04T03:02:01Z',
  utcOffset: 480,
  ...more,
});

const names = () => readdirSync(dir).sort();

describe('the document host', () => {
  it('inspects, stamps and verifies', async () => {
    const host = started();
    const facts = await host.inspect({ input });
    expect(facts).toMatchObject({
      size: original.length,
      encrypted: false,
      seals: [],
      obstacles: [],
      pdfVersion: '1.7',
    });
    expect(facts.pages).toHaveLength(1);
    expect(facts.pages[0]?.widthMm).toBeCloseTo(209.9, 1);
    expect(await host.picture(picture)).toMatchObject({ widthPx: 60, hasAlpha: true });
    const shares: number[] = [];
    const prepared = await host.prepare(request({ expectedSha256: facts.sha256 }), (share) =>
      shares.push(share),
    );
    expect(shares.at(-1)).toBe(1);
    expect(prepared).toMatchObject({
      inputSha256: facts.sha256,
      field: 'Picture1',
      scheme: 'ecdsa',
      hash: 'sha256',
    });
    const finished = await host.finish({ signature: signer.sign(prepared), target, replace: false });
    expect(finished.size).toBe(original.length + prepared.bytesAppended);
    expect(await pdfsig(target)).toMatchObject([{ valid: true, total: true }]);
    const verification = await host.verify({
      input: target,
      roots: [signer.certificates.at(-1) as Uint8Array],
      now: new Date().toISOString(),
    });
    expect(verification).toMatchObject({
      verdict: 'valid',
      file: { name: 'stamped.pdf', sha256: finished.sha256 },
    });
    expect(verification.signatures).toMatchObject([
      { field: 'Picture1', coverage: 'whole-file', trust: 'trusted' },
    ]);
    expect((await host.inspect({ input: target })).seals).toMatchObject([
      { field: 'Picture1', signed: true },
    ]);
  });

  it('takes paths as the caller means them', async () => {
    const host = started();
    expect(await host.inspect({ input: relative(process.cwd(), input) })).toMatchObject({
      size: original.length,
    });
  });

  it('stays after a refusal', async () => {
    const host = started();
    await expect(host.inspect({ input: join(dir, 'missing.pdf') })).rejects.toMatchObject({
      code: 'document.not-found',
    });
    const { pid } = host;
    await expect(host.prepare(request({ placement: { ...usualPlace, x: 500 } }))).rejects.toMatchObject({
      code: 'document.place-off-page',
    });
    expect(host.pid).toBe(pid);
    expect(names()).toEqual(['contract.pdf']);
  });

  it('refuses a target before anything is done', async () => {
    const host = started(() => {
      throw new Error('the host is not needed for that');
    });
    writeFileSync(target, 'mine');
    await expect(host.prepare(request())).rejects.toMatchObject({ code: 'document.output-exists' });
    await expect(host.prepare(request({ target: input }))).rejects.toMatchObject({
      code: 'document.output-is-source',
    });
    await expect(host.finish({ signature: new Uint8Array(), target, replace: false })).rejects.toMatchObject({
      code: 'request.refused',
    });
  });
});

describe('no output and no partial file is left', () => {
  it('when the stamp is given up', async () => {
    const host = started();
    await host.prepare(request());
    expect(names()).toHaveLength(2);
    await host.abort();
    expect(names()).toEqual(['contract.pdf']);
    await host.abort();
  });

  it('when the host is killed while the PIN is asked for', async () => {
    const host = started();
    const prepared = await host.prepare(request());
    process.kill(host.pid as number, 'SIGKILL');
    const finish = host.finish({ signature: signer.sign(prepared), target, replace: false });
    await expect(finish).rejects.toMatchObject({
      code: expect.stringMatching(/^(document\.host-crashed|request\.refused)$/),
    });
    expect(names()).toEqual(['contract.pdf']);
    // The next stamp has a new host.
    const again = await host.prepare(request());
    await host.finish({ signature: signer.sign(again), target, replace: false });
    expect(names()).toEqual(['contract.pdf', 'stamped.pdf']);
  });

  /** 32 MB: it takes a few dozen reports of progress to copy. */
  const makeBig = () => {
    const big = join(dir, 'big.pdf');
    const text = original.toString('latin1');
    const filling = Buffer.alloc(32 * 1024 * 1024, '%\n');
    writeFileSync(
      big,
      Buffer.concat([original, filling, Buffer.from(text.slice(text.lastIndexOf('startxref')))]),
    );
    return big;
  };

  it('when it is given up while the host copies', async () => {
    const host = started();
    const big = makeBig();
    let aborted: Promise<void> | undefined;
    const prepare = host.prepare(request({ input: big }), () => {
      aborted ??= host.abort();
    });
    await expect(prepare).rejects.toMatchObject({ code: 'document.cancelled' });
    await aborted;
    expect(names()).toEqual(['big.pdf', 'contract.pdf']);
    // The same host goes on.
    const { pid } = host;
    await host.prepare(request());
    await host.abort();
    expect(host.pid).toBe(pid);
  });

  it('when a second stamp is asked for before the first is done: it is refused', async () => {
    const host = started();
    const first = host.prepare(request());
    await expect(host.prepare(request({ target: join(dir, 'second.pdf') }))).rejects.toMatchObject({
      code: 'request.refused',
    });
    const prepared = await first;
    await expect(host.prepare(request())).rejects.toMatchObject({ code: 'request.refused' });
    await host.finish({ signature: signer.sign(prepared), target, replace: false });
    expect(names()).toEqual(['contract.pdf', 'stamped.pdf']);
  });

  it('when the host is killed while it copies', async () => {
    const host = started();
    const big = makeBig();
    const prepare = host.prepare(request({ input: big }), () => process.kill(host.pid as number, 'SIGKILL'));
    await expect(prepare).rejects.toMatchObject({ code: 'document.host-crashed' });
    expect(names()).toEqual(['big.pdf', 'contract.pdf']);
  });

  it('when the client itself has gone', async () => {
    const [client, service] = portPair();
    serveDocuments(service);
    const host = started(() => ({
      port: client,
      pid: undefined,
      kill: () => {},
      exited: new Promise(() => {}),
    }));
    await host.prepare(request());
    expect(names()).toHaveLength(2);
    client.close();
    await expect.poll(() => names()).toEqual(['contract.pdf']);
  });

  it.skipIf(process.platform === 'win32')('when the disk is full', async () => {
    // A process that may write 8 KB to a file and no more.
    const host = started(spawnHost('ulimit -f 8'));
    const noise = Buffer.from(
      Array.from({ length: 300 * 300 * 4 }, (_, index) => (index * index * 7919) >> 5),
    );
    const { default: sharp } = await import('sharp');
    const large = await sharp(noise, { raw: { width: 300, height: 300, channels: 4 } })
      .png()
      .toBuffer();
    await expect(host.prepare(request({ picture: new Uint8Array(large) }))).rejects.toMatchObject({
      code: 'document.disk-full',
    });
    expect(names()).toEqual(['contract.pdf']);
    expect(readFileSync(input).equals(original)).toBe(true);
  });
});

it('a file that never ends is given up in time, and the next is read by a new host', async () => {
  let spawned = 0;
  const deaf: SpawnHost = () => {
    spawned++;
    const [client, service] = portPair();
    // The first host hangs on everything, as on an endless loop.
    if (spawned > 1) serveDocuments(service);
    return { port: client, pid: undefined, kill: () => {}, exited: new Promise(() => {}) };
  };
  const host = new DocumentHost({ spawn: deaf, deadlines: { inspect: 50 } });
  await expect(host.inspect({ input })).rejects.toMatchObject({ code: 'document.host-hung' });
  const patient = new DocumentHost({ spawn: deaf });
  expect(await patient.inspect({ input })).toMatchObject({ size: original.length });
});
