import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import type { Answer, Channel, ChannelInput, ChannelOutput } from '../src/shared/contract/index.ts';
import type { StampRequest } from '../src/shared/domain/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { PinPage } from './pages/pin-page.ts';

let folder: string;
let world: PracticeWorld;
let client: LaunchedApp;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-pin-'));
  world = await practiceUp(path.join(folder, 'world'));
  client = await launchApp({ practice: world.dir });
});
afterAll(async () => {
  await client?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask<C extends Channel>(channel: C, input: ChannelInput<C>): Promise<ChannelOutput<C>> {
  const answer = await client.page.evaluate(
    ([name, value]) => window.yinkey.call(name as never, value as never) as Promise<unknown>,
    [channel, input] as const,
  );
  const { ok, ...rest } = answer as Answer<C>;
  if (!ok) throw new Error(JSON.stringify(rest));
  return (rest as { output: ChannelOutput<C> }).output;
}

/** Everything for a stamp on the practice world's English letter, as the documents screen would send it. */
async function letter(): Promise<StampRequest> {
  await expect.poll(async () => (await ask('keys.snapshot', undefined)).keys.length).toBe(1);
  const [key] = (await ask('keys.snapshot', undefined)).keys;
  const certificate = key?.certificates.find(({ canSign, isCa }) => canSign && !isCa);
  const [seal] = await ask('pictures.list', undefined);
  const recent = await ask('documents.recent', undefined);
  const { id } = recent.find(({ name }) => name === 'Letter of confirmation.pdf')!;
  const document = await ask('documents.open', { id });
  return {
    document: document.id,
    sha256: document.sha256,
    token: { module: key!.module, serial: key!.serial, label: key!.label },
    certificate: certificate!.id,
    mark: { kind: 'picture', id: seal!.id },
    placement: { pages: '1', x: 110, y: 200, width: 42, height: 42 },
  };
}

/** Begins to stamp; `answer` is what the main window gets in the end. */
async function begin(): Promise<{ pin: Page; answer: Promise<unknown>; request: StampRequest }> {
  const request = await letter();
  const answer = client.page.evaluate(
    (input) => window.yinkey.call('documents.stamp', { ...input, target: 'beside' }),
    request,
  );
  const pin = await client.pinWindow();
  await pin.locator('input[type=password]').waitFor();
  return { pin, answer, request };
}

const outputs = () => readdirSync(path.join(world.dir, 'documents')).filter((name) => !isSource(name));
const isSource = (name: string) => world.documents.some((file) => path.basename(file) === name);

describe('the PIN window', () => {
  it('has no door but its port, shows nothing to others, and goes with Cancel', async () => {
    const { pin, answer } = await begin();
    expect(pin.url()).toBe('yinkey://pin/pin/index.html');
    const seen = await pin.evaluate(async () => ({
      bridges: ['yinkey', 'yinkeyPin', 'require', 'process', 'ipcRenderer'].filter((name) => name in window),
      members: Object.keys((window as unknown as { yinkeyPin: object }).yinkeyPin).sort(),
      other: await fetch('yinkey://app/index.html').then(
        () => 'reached',
        () => 'refused',
      ),
      stored: [localStorage.length, document.cookie],
    }));
    expect(seen).toEqual({
      bridges: ['yinkeyPin'],
      members: ['close', 'onEnd', 'onReply', 'send', 'start'],
      other: 'refused',
      stored: [0, ''],
    });
    const window = await client.app.evaluate(({ BrowserWindow, session }) => {
      const own = BrowserWindow.getAllWindows().find((each) =>
        each.webContents.getURL().startsWith('yinkey://pin/'),
      )!;
      const main = BrowserWindow.getAllWindows().find((each) => each !== own)!;
      own.webContents.openDevTools();
      const preferences = (
        own.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> }
      ).getLastWebPreferences();
      return {
        sandbox: preferences.sandbox,
        contextIsolation: preferences.contextIsolation,
        nodeIntegration: preferences.nodeIntegration,
        webSecurity: preferences.webSecurity,
        tools: own.webContents.isDevToolsOpened(),
        size: own.getContentSize(),
        fixed: !own.isResizable(),
        parent: own.getParentWindow() === main,
        process: own.webContents.getOSProcessId() !== main.webContents.getOSProcessId(),
        session: own.webContents.session !== session.defaultSession,
        onDisk: own.webContents.session.storagePath !== null,
      };
    });
    expect(window).toEqual({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      tools: false,
      size: [420, 340],
      fixed: true,
      parent: true,
      process: true,
      session: true,
      onDisk: false,
    });
    const closed = pin.waitForEvent('close');
    // Down only: the window is gone before the key could come up.
    await pin.keyboard.down('Escape').catch(() => {});
    await closed;
    expect(await answer).toMatchObject({ ok: false, error: { code: 'token.pin-cancelled' } });
    expect(outputs()).toEqual([]);
  });

  it('closed by the system is a cancel too, and nothing is left of the stamp', async () => {
    const { pin, answer } = await begin();
    await pin.close();
    expect(await answer).toMatchObject({ ok: false, error: { code: 'token.pin-cancelled' } });
    expect(outputs()).toEqual([]);
  });

  it('goes when the main window cancels', async () => {
    const { pin, answer } = await begin();
    const closed = pin.waitForEvent('close');
    await ask('documents.cancel', undefined);
    await closed;
    expect(await answer).toMatchObject({ ok: false, error: { code: 'document.cancelled' } });
    expect(outputs()).toEqual([]);
  });

  it('refuses a second stamp meanwhile, then takes the PIN; the result verifies, and the audit log has it all', async () => {
    const { pin, answer, request } = await begin();
    await expect(ask('documents.stamp', { ...request, target: 'beside' })).rejects.toThrow('request.refused');
    const typed = new PinPage(pin);
    await typed.type(world.token.pin);
    await typed.confirm();
    expect(await answer).toMatchObject({
      ok: true,
      output: { name: 'Letter of confirmation-stamped.pdf', level: 'B-B', pages: [1] },
    });
    const { output } = (await answer) as { output: { document: string; sha256: string } };
    expect(outputs()).toEqual(['Letter of confirmation-stamped.pdf']);
    const verification = await ask('documents.verify', { id: output.document });
    expect(verification).toMatchObject({
      verdict: 'valid',
      file: { sha256: output.sha256, name: 'Letter of confirmation-stamped.pdf' },
      signatures: [{ trust: 'trusted', integrity: 'intact' }],
    });
    const [newest] = await ask('documents.recent', undefined);
    expect(newest).toMatchObject({
      name: 'Letter of confirmation-stamped.pdf',
      stamped: true,
      present: true,
    });
  });

  it('leaves no PIN behind: not in the data folder, not in the log, not in the audit log', async () => {
    await client.close();
    const files = readdirSync(client.userData, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['store.db', 'yinkey.log']));
    const holding = files
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => {
        const bytes = readFileSync(file);
        return bytes.includes(world.token.pin) || bytes.includes(Buffer.from(world.token.pin, 'utf16le'));
      });
    expect(holding).toEqual([]);
    const { openStore } = await import('../src/main/store/index.ts');
    const { AuditLog } = await import('../src/main/audit/index.ts');
    const { store } = await openStore({ file: path.join(client.userData, 'store.db') });
    const log = new AuditLog(store.audit);
    expect(log.verify()).toEqual({ ok: true, entries: 4 });
    expect(log.list().map(({ act, result }) => `${act} ${result}`)).toEqual([
      'stamp ok',
      'stamp token.pin-cancelled',
      'stamp token.pin-cancelled',
      'stamp token.pin-cancelled',
    ]);
    store.close();
  });
});
