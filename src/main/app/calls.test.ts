import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channels } from '../../shared/contract/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { answer, type Handlers, Tickets } from './calls.ts';

const settings = { language: 'en', theme: 'dark' } as const;
const handlers = {
  'settings.read': () => settings,
  'settings.write': (input: object) => ({ ...settings, ...input }),
  'documents.close': () => {
    throw new YinkeyError('document.not-found', { name: 'a.pdf' });
  },
  'documents.cancel': () => {
    throw new Error('/home/someone/secret.pdf is broken');
  },
  'app.info': () => ({ version: 1 }),
} as unknown as Handlers;

describe('calls of the main window', () => {
  it('are answered', async () => {
    expect(await answer(handlers, 'settings.read', undefined)).toEqual({ ok: true, output: settings });
    expect(await answer(handlers, 'settings.write', { theme: 'light' })).toEqual({
      ok: true,
      output: { language: 'en', theme: 'light' },
    });
  });

  it('reach no handler with an input that the contract does not allow', async () => {
    expect(await answer(handlers, 'settings.write', { theme: 'pink' })).toEqual({
      ok: false,
      error: { code: 'request.invalid', details: { channel: 'settings.write', field: 'theme' } },
    });
    expect(await answer(handlers, 'settings.read', {})).toMatchObject({
      ok: false,
      error: { code: 'request.invalid' },
    });
  });

  it('are refused for anything that is no channel', async () => {
    for (const channel of [
      'nothing',
      '__proto__',
      'constructor',
      'toString',
      7,
      null,
      undefined,
      {},
      ['app.info'],
    ]) {
      expect(await answer(handlers, channel, undefined)).toEqual({
        ok: false,
        error: { code: 'request.refused', details: {} },
      });
    }
  });

  it('never throw, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.constantFrom(...Object.keys(channels)), fc.anything()),
        fc.anything(),
        async (channel, input) => {
          expect(typeof (await answer(handlers, channel, input)).ok).toBe('boolean');
        },
      ),
    );
  });

  it('tell a failure by its code and details', async () => {
    expect(await answer(handlers, 'documents.close', { id: 'x' })).toEqual({
      ok: false,
      error: { code: 'document.not-found', details: { name: 'a.pdf' } },
    });
  });

  it('tell nothing of an unexpected failure but its class, nor an answer that breaks the contract', async () => {
    expect(await answer(handlers, 'documents.cancel', undefined)).toEqual({
      ok: false,
      error: { code: 'unexpected', details: { name: 'Error' } },
    });
    expect(await answer(handlers, 'app.info', undefined)).toMatchObject({
      ok: false,
      error: { code: 'unexpected' },
    });
  });
});

describe('tickets of dropped files', () => {
  it('are good once', () => {
    const tickets = new Tickets();
    tickets.add('t', '/a.pdf');
    expect(tickets.take('t')).toBe('/a.pdf');
    expect(() => tickets.take('t')).toThrow(expect.objectContaining({ code: 'request.refused' }));
  });

  it('tell a file whose path the system could not say', () => {
    const tickets = new Tickets();
    tickets.add('t', '');
    expect(() => tickets.take('t')).toThrow(expect.objectContaining({ code: 'document.not-found' }));
  });

  it('take no nonsense and do not pile up', () => {
    const tickets = new Tickets();
    tickets.add(7, '/a.pdf');
    tickets.add('t', 7);
    for (let n = 0; n < 100; n += 1) tickets.add(`n${n}`, `/${n}.pdf`);
    expect(() => tickets.take('n35')).toThrow();
    expect(tickets.take('n36')).toBe('/36.pdf');
    expect(tickets.take('n99')).toBe('/99.pdf');
  });
});
