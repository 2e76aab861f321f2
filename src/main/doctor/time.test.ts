import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { authorityHttp } from '../authority/index.ts';
import { toldTime } from './time.ts';

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const theirs = Date.parse('2026-11-22T10:00:00.000Z');
const date = new Date(theirs).toUTCString();
const ask = (url: string, deadlineMillis = 10_000, now = theirs + 90_000) =>
  toldTime(authorityHttp(), url, { deadlineMillis, now: () => now });

describe('toldTime', () => {
  it('takes the catalogue’s time, of a site under /api', async () => {
    const asked: (string | undefined)[] = [];
    const site = await serve((request, answer) => {
      asked.push(request.url);
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ name: 'x', time: '2026-11-22T10:00:00.000Z' }));
    });
    expect(await ask(site)).toEqual({ source: 'catalogue', aheadMillis: 90_000 });
    expect(await ask(`${site}/orders/?x=1#y`)).toMatchObject({ source: 'catalogue' });
    expect(asked).toEqual(['/api/catalogue', '/orders/catalogue']);
  });

  it.each([
    [404, ''],
    [200, '{"time": "yesterday"}'],
    [200, '<html>'],
    [302, '{"time": "2020-01-01T00:00:00.000Z"}'],
  ])('else the date of the answer (%i %s)', async (status, body) => {
    const site = await serve((_request, answer) => answer.writeHead(status, { date }).end(body));
    expect(await ask(site)).toEqual({ source: 'http-date', aheadMillis: 90_000 });
  });

  it('is null without a date, without an answer, in no time, and for no address', async () => {
    const dateless = await serve((_request, answer) => {
      answer.sendDate = false;
      answer.end();
    });
    expect(await ask(dateless)).toBeNull();
    const silent = await serve(() => {});
    expect(await ask(silent, 20)).toBeNull();
    for (const server of servers) server.close();
    expect(await ask('http://127.0.0.1:1')).toBeNull();
    expect(await ask('no address')).toBeNull();
    expect(await ask('ftp://127.0.0.1/')).toBeNull();
  });
});
