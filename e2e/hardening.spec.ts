import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LaunchedApp, launchApp } from './launch.ts';

declare global {
  interface Window {
    tried: string[];
  }
}

let client: LaunchedApp;
/** A server that must never be reached. */
const visits: string[] = [];
const server = createServer((request, response) => {
  visits.push(request.url ?? '');
  response.end('reached');
});
let remote: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  remote = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = await launchApp();
});
afterAll(async () => {
  await client?.close();
  server.close();
});

/** What Electron itself says of each window. */
const preferences = () =>
  client.app.evaluate(({ webContents }) =>
    webContents.getAllWebContents().map((contents) => {
      const all = (
        contents as unknown as { getLastWebPreferences(): Record<string, unknown> }
      ).getLastWebPreferences();
      return { url: contents.getURL(), ...JSON.parse(JSON.stringify(all)) } as Record<string, unknown>;
    }),
  );

const LOCKED = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
};

describe('the main window', () => {
  it('is sandboxed, isolated, and without Node', async () => {
    expect(await preferences()).toEqual([expect.objectContaining(LOCKED)]);
    const names = ['require', 'process', 'module', 'Buffer', 'global', 'electron', '__dirname'];
    expect(await client.page.evaluate((all) => all.filter((name) => name in window), names)).toEqual([]);
  });

  it('exposes the four members of its contract and no more', async () => {
    expect(await client.page.evaluate(() => Object.keys(window.yinkey).sort())).toEqual([
      'call',
      'initial',
      'on',
      'ticketFor',
    ]);
    expect(
      await client.page.evaluate(() => {
        try {
          Object.assign(window.yinkey, { call: () => 'mine' });
          return 'replaced';
        } catch {
          return 'frozen';
        }
      }),
    ).toBe('frozen');
  });

  it('has its policy on every answer of the protocol', async () => {
    const headers = await client.page.evaluate(async () => {
      const answers = await Promise.all(['index.html', 'none.html'].map((name) => fetch(`/${name}`)));
      return answers.map(({ status, headers }) => ({ status, ...Object.fromEntries(headers) }));
    });
    expect(headers.map(({ status }) => status)).toEqual([200, 404]);
    for (const each of headers) {
      expect(each).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      const policy = String((each as Record<string, unknown>)['content-security-policy']);
      expect(policy).toMatch(/default-src 'none'.*script-src 'self'.*style-src 'self'/);
      expect(policy).not.toMatch(/unsafe|http|\*|data:/);
    }
  });

  it('runs no inline script, no eval, and takes no inline style', async () => {
    const happened = await client.page.evaluate(async () => {
      window.tried = [];
      const violations: string[] = [];
      const allThree = new Promise<void>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => {
          violations.push(event.effectiveDirective);
          if (violations.length === 3) resolve();
        });
      });
      const script = document.createElement('script');
      script.textContent = 'window.tried.push("inline script")';
      document.body.append(script);
      const style = document.createElement('style');
      style.textContent = 'body { --tried: 1 }';
      document.head.append(style);
      const image = document.createElement('img');
      image.setAttribute('onerror', 'window.tried.push("inline handler")');
      image.src = '/none.png';
      await new Promise((resolve) => {
        image.addEventListener('error', resolve);
        document.body.append(image);
      });
      await allThree;
      script.remove();
      style.remove();
      image.remove();
      return {
        tried: window.tried,
        style: getComputedStyle(document.body).getPropertyValue('--tried'),
        violations: violations.sort(),
      };
    });
    expect(happened).toEqual({
      tried: [],
      style: '',
      violations: ['script-src-attr', 'script-src-elem', 'style-src-elem'],
    });
    // Evaluated by the page itself, in a script of its own: what the test's tools evaluate is above the policy.
    const evaluated = await client.page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          setTimeout(() => {
            try {
              // biome-ignore lint/security/noGlobalEval: this is what must not work
              resolve(String(window.eval('6 * 7')));
            } catch (error) {
              resolve((error as Error).name);
            }
          });
        }),
    );
    expect(evaluated).toBe('EvalError');
  });

  it.each([
    '/..%2f..%2fpackage.json',
    '/..%5c..%5cpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/assets/..%2f..%2f..%2fpackage.json',
    '//etc/passwd',
    '/%00.html',
  ])('serves nothing outside its folder: %s', async (name) => {
    const { ok, text } = await client.page.evaluate(async (url) => {
      const answer = await fetch(`yinkey://app${url}`);
      return { ok: answer.ok, text: await answer.text() };
    }, name);
    expect({ ok, text }).toEqual({ ok: false, text: '' });
  });

  it('does not serve the PIN page, nor any other host', async () => {
    const reached = await client.page.evaluate(async () => {
      const names = ['yinkey://pin/pin/index.html', 'yinkey://other/index.html', 'file:///etc/hostname'];
      const results = await Promise.allSettled(names.map((name) => fetch(name)));
      return results.map(({ status }) => status);
    });
    expect(reached).toEqual(['rejected', 'rejected', 'rejected']);
  });

  it('stays where it is', async () => {
    const url = client.page.url();
    const targets = [remote, 'file:///etc/hostname', 'data:text/html,x', 'yinkey://pin/pin/index.html'];
    for (const target of targets) {
      await client.page.evaluate((address) => {
        const link = document.createElement('a');
        link.href = address;
        document.body.append(link);
        link.click();
        link.remove();
      }, target);
      // Main answers after the navigation was decided.
      await client.page.evaluate(() => window.yinkey.call('settings.read', undefined));
    }
    expect(client.page.url()).toBe(url);
    expect(await client.page.evaluate(() => location.href)).toBe(url);
    expect(visits).toEqual([]);
  });

  it('opens no other window, frame or view', async () => {
    const opened = await client.page.evaluate(async (address) => {
      const window1 = window.open(address);
      const window2 = window.open('/index.html', '_blank', 'noopener');
      const frame = document.createElement('iframe');
      frame.src = '/index.html';
      const view = document.createElement('webview');
      view.setAttribute('src', address);
      document.body.append(frame, view);
      await window.yinkey.call('settings.read', undefined);
      const inside = frame.contentDocument?.querySelector('script') ?? null;
      frame.remove();
      view.remove();
      return { window1, window2, inside };
    }, remote);
    expect(opened).toEqual({ window1: null, window2: null, inside: null });
    const windows = await client.app.evaluate(({ webContents }) => webContents.getAllWebContents().length);
    expect(windows).toBe(1);
    expect(visits).toEqual([]);
  });

  it('reaches no network', async () => {
    const results = await client.page.evaluate(async (address) => {
      const fetched = await fetch(address).then(
        () => 'reached',
        () => 'refused',
      );
      const pictured = await new Promise((resolve) => {
        const image = new Image();
        image.onload = () => resolve('reached');
        image.onerror = () => resolve('refused');
        image.src = `${address}/image.png`;
      });
      const socket = await new Promise((resolve) => {
        try {
          const made = new WebSocket(address.replace('http', 'ws'));
          made.onopen = () => resolve('reached');
          made.onerror = () => resolve('refused');
        } catch {
          resolve('refused');
        }
      });
      return [fetched, pictured, socket, navigator.sendBeacon(`${address}/beacon`)];
    }, remote);
    expect(results.slice(0, 3)).toEqual(['refused', 'refused', 'refused']);
    expect(visits).toEqual([]);
  });

  it('has a second wall behind its policy: the session itself blocks requests', async () => {
    const outcome = await client.app.evaluate(async ({ session }, address) => {
      return session.defaultSession.fetch(address).then(
        () => 'reached',
        (error: Error) => error.message,
      );
    }, remote);
    expect(outcome).toMatch(/ERR_BLOCKED_BY_CLIENT/);
    expect(visits).toEqual([]);
  });

  it('is granted no permission', async () => {
    const asked = await client.page.evaluate(async () => {
      const states = await Promise.all(
        ['geolocation', 'camera', 'microphone', 'notifications', 'clipboard-read', 'midi'].map(
          async (name) => {
            try {
              return (await navigator.permissions.query({ name: name as PermissionName })).state;
            } catch {
              return 'denied';
            }
          },
        ),
      );
      const camera = await navigator.mediaDevices
        ?.getUserMedia({ video: true })
        .then(() => 'given')
        .catch(() => 'denied');
      const clipboard = await navigator.clipboard
        ?.readText()
        .then(() => 'given')
        .catch(() => 'denied');
      const { usb } = navigator as unknown as { usb?: { getDevices(): Promise<unknown[]> } };
      const devices = usb ? await usb.getDevices().catch(() => []) : [];
      return { states, camera: camera ?? 'denied', clipboard: clipboard ?? 'denied', devices };
    });
    expect(asked.states.filter((state) => state === 'granted')).toEqual([]);
    expect(asked).toMatchObject({ camera: 'denied', clipboard: 'denied', devices: [] });
  });

  it('downloads nothing', async () => {
    const count = await client.app.evaluate(({ session }) => {
      const box = globalThis as { downloads?: string[] };
      box.downloads = [];
      session.defaultSession.on('will-download', (event) =>
        box.downloads?.push(event.defaultPrevented ? 'prevented' : 'begun'),
      );
      return box.downloads.length;
    });
    expect(count).toBe(0);
    await client.page.evaluate(async () => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob(['x']));
      link.download = 'x.txt';
      link.click();
      await window.yinkey.call('settings.read', undefined);
    });
    await expect
      .poll(() => client.app.evaluate(() => (globalThis as { downloads?: string[] }).downloads))
      .toEqual(['prevented']);
  });

  it('has no developer tools', async () => {
    const opened = await client.app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      contents?.openDevTools();
      return contents?.isDevToolsOpened();
    });
    expect(opened).toBe(false);
  });
});

describe('the gate', () => {
  const call = (channel: unknown, input: unknown) =>
    client.page.evaluate(([name, value]) => window.yinkey.call(name as never, value as never), [
      channel,
      input,
    ] as const);

  it('answers what is in the contract', async () => {
    expect(await call('settings.read', undefined)).toEqual({
      ok: true,
      output: { language: 'en', theme: 'system' },
    });
  });

  it.each(['nothing', '__proto__', 'constructor', 7, null])('knows no channel %s', async (channel) => {
    expect(await call(channel, undefined)).toMatchObject({ ok: false, error: { code: 'request.refused' } });
  });

  it('takes no input that the contract does not allow', async () => {
    for (const [channel, input] of [
      ['settings.write', { theme: 'pink' }],
      ['documents.bytes', { id: 'x', offset: 0, length: (4 << 20) + 1 }],
      ['documents.open', { id: { toString: 'x' } }],
      ['settings.read', 'something'],
    ] as const) {
      expect(await call(channel, input)).toMatchObject({ ok: false, error: { code: 'request.invalid' } });
    }
  });

  it('opens no file by its path, and none by an invented ticket or handle', async () => {
    const file = path.join(client.userData, 'planted.pdf');
    writeFileSync(file, '%PDF-1.7\n');
    expect(await call('documents.open', { id: file })).toMatchObject({ ok: false });
    expect(await call('documents.dropped', { ticket: file })).toMatchObject({
      ok: false,
      error: { code: 'request.refused' },
    });
    expect(await call('documents.reveal', { id: file })).toMatchObject({ ok: false });
  });

  /** Sends what the preload would send, from a window that is not the main window's page. */
  const strangerSays = (where: 'window' | 'frame') =>
    client.app.evaluate(async ({ BrowserWindow, ipcMain }, place) => {
      const main = BrowserWindow.getAllWindows()[0]!;
      const handlers = (
        ipcMain as unknown as { _invokeHandlers: Map<string, (...args: unknown[]) => Promise<unknown>> }
      )._invokeHandlers;
      const handle = handlers.get('yinkey:call')!;
      const { contents, frame, clean } = await (async () => {
        if (place === 'window') {
          const other = new BrowserWindow({ show: false });
          await other.loadURL('about:blank');
          return {
            contents: other.webContents,
            frame: other.webContents.mainFrame,
            clean: () => other.destroy(),
          };
        }
        await main.webContents.executeJavaScript(
          `new Promise((done) => {
             const frame = document.createElement('iframe');
             frame.id = 'stranger';
             frame.onload = () => done(0);
             document.body.append(frame);
           })`,
        );
        const inner = main.webContents.mainFrame.frames[0]!;
        const remove = "document.getElementById('stranger').remove()";
        return {
          contents: main.webContents,
          frame: inner,
          clean: () => void main.webContents.executeJavaScript(remove),
        };
      })();
      const event = { sender: contents, senderFrame: frame };
      const answers = [
        await handle(event, 'settings.read', undefined),
        await handle({ sender: main.webContents, senderFrame: null }, 'settings.read', undefined),
        await handle(
          { sender: main.webContents, senderFrame: main.webContents.mainFrame },
          'settings.read',
          undefined,
        ),
      ];
      clean();
      return answers as { ok: boolean; error?: { code: string } }[];
    }, where);

  it.each(['window', 'frame'] as const)('refuses a call from another %s', async (where) => {
    const [stranger, nobody, page] = await strangerSays(where);
    expect(stranger).toMatchObject({ ok: false, error: { code: 'request.refused' } });
    expect(nobody).toMatchObject({ ok: false, error: { code: 'request.refused' } });
    // The very same call from the page itself is answered: it is the sender that made the difference.
    expect(page).toMatchObject({ ok: true });
  });

  it('is the only door', async () => {
    const doors = await client.app.evaluate(({ ipcMain }) => ({
      invoked: [...(ipcMain as unknown as { _invokeHandlers: Map<string, unknown> })._invokeHandlers.keys()],
      sent: ipcMain.eventNames().filter((name) => name !== 'error'),
    }));
    expect(doors).toEqual({ invoked: ['yinkey:call'], sent: ['yinkey:ticket'] });
  });
});

it('keeps the data folder and the log to the user, and without personal data', async () => {
  const { readFileSync, statSync } = await import('node:fs');
  const log = path.join(client.userData, 'logs', 'yinkey.log');
  expect(statSync(log).mode & 0o077).toBe(0);
  expect(readFileSync(log, 'utf8')).not.toMatch(/planted|127\.0\.0\.1/);
});
