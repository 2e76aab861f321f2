import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extensionSets, OpenSsl } from '../../../softhsm-fixtures/openssl.ts';
import { authorityHttp, expectType } from './http.ts';

const servers: net.Server[] = [];
const sockets = new Set<net.Socket>();
const openssl = new OpenSsl();
const asked = authorityHttp();

async function listen<T extends net.Server>(server: T): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A server that answers every connection with these bytes, and then ends it, leaves it, or breaks it. */
async function raw(bytes: string, then: 'end' | 'leave' | 'break'): Promise<string> {
  const port = await listen(
    net.createServer((socket) => {
      socket.once('data', () => {
        socket.write(bytes);
        if (then === 'end') socket.end();
        if (then === 'break') socket.resetAndDestroy();
      });
    }),
  );
  return `http://127.0.0.1:${port}/`;
}

afterAll(() => {
  asked.close();
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  openssl.close();
});

describe('an exchange', () => {
  it('sends the length and nothing in chunks, and closes the connection', async () => {
    let seen: { method?: string; url?: string; headers: http.IncomingHttpHeaders; body: string } | undefined;
    const port = await listen(
      http.createServer(async (request, response) => {
        const pieces: Buffer[] = [];
        for await (const piece of request) pieces.push(piece as Buffer);
        const { method = '', url = '', headers } = request;
        seen = { method, url, headers, body: Buffer.concat(pieces).toString('latin1') };
        response.setHeader('X-Twice', ['a', 'b']);
        response.writeHead(201, { 'Content-Type': 'application/pkixcmp; a=b' });
        response.end(Buffer.of(1, 2, 3));
      }),
    );
    const answer = await asked.request({
      method: 'POST',
      url: `http://127.0.0.1:${port}/pkix/?x=%20`,
      headers: { 'content-type': 'application/pkixcmp' },
      body: Buffer.from('abc'),
    });
    expect(answer.status).toBe(201);
    expect([...answer.body]).toEqual([1, 2, 3]);
    expect(answer.headers['x-twice']).toBe('a, b');
    expect(() => expectType(answer, 'application/pkixcmp')).not.toThrow();
    expect(seen?.method).toBe('POST');
    expect(seen?.url).toBe('/pkix/?x=%20');
    expect(seen?.body).toBe('abc');
    expect(seen?.headers['content-length']).toBe('3');
    expect(seen?.headers['transfer-encoding']).toBeUndefined();
    expect(seen?.headers.connection).toBe('close');
  });

  it('hands a status and a redirect on as they are', async () => {
    const moved = await asked.request({
      method: 'GET',
      url: await raw(
        'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n',
        'end',
      ),
    });
    expect(moved.status).toBe(302);
    const failed = await asked.request({
      method: 'GET',
      url: await raw('HTTP/1.0 503 Busy\r\n\r\nlater', 'end'),
    });
    expect({ status: failed.status, body: Buffer.from(failed.body).toString() }).toEqual({
      status: 503,
      body: 'later',
    });
  });

  it('tells the page of a proxy from an answer', async () => {
    const page =
      'HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n\r\n<html>';
    const answer = await asked.request({ method: 'GET', url: await raw(page, 'end') });
    expect(answer.status).toBe(200);
    expect(() => expectType(answer, 'application/pkixcmp')).toThrow(
      expect.objectContaining({
        code: 'authority.not-an-authority',
        details: { type: 'text/html', status: 200 },
      }),
    );
  });
});

describe('a fault', () => {
  const fault = (url: string, more: { maxBytes?: number; deadlineMillis?: number } = {}) =>
    expect(asked.request({ method: 'GET', url, ...more })).rejects;

  it.each(['', 'ftp://a/', 'file:///etc/passwd', 'http://', 'http://a:b@c/', 'nonsense', 'javascript:1'])(
    'an address that is none: %j',
    async (url) => fault(url).toMatchObject({ code: 'authority.url' }),
  );

  it('nobody listens', async () => {
    const server = net.createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await fault(`http://127.0.0.1:${port}/`).toMatchObject({
      code: 'authority.unreachable',
      details: { host: `127.0.0.1:${port}`, reason: 'refused' },
    });
  });

  it('a name that nobody has', async () => {
    await fault('http://nobody.invalid/').toMatchObject({ code: 'authority.unreachable' });
  });

  it('silence, before the answer and in the middle of it', async () => {
    const short = { deadlineMillis: 60 };
    await fault(await raw('', 'leave'), short).toMatchObject({
      code: 'authority.timeout',
      details: { seconds: 1 },
    });
    const half = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345';
    await fault(await raw(half, 'leave'), short).toMatchObject({ code: 'authority.timeout' });
  });

  it('half an answer', async () => {
    const cut = { code: 'authority.unreachable', details: { reason: 'cut-off' } };
    await fault(await raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345', 'end')).toMatchObject(cut);
    await fault(await raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345', 'break')).toMatchObject(cut);
    await fault(
      await raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123', 'end'),
    ).toMatchObject(cut);
    await fault(await raw('', 'end')).toMatchObject(cut);
  });

  it('more than was bargained for, announced or not', async () => {
    const limit = { maxBytes: 4 };
    const large = { code: 'authority.too-large', details: { limit: 4 } };
    await fault(await raw('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345', 'leave'), limit).toMatchObject(
      large,
    );
    await fault(await raw('HTTP/1.0 200 OK\r\n\r\n12345', 'leave'), limit).toMatchObject(large);
    await fault(
      await raw(`HTTP/1.0 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 'leave'),
      limit,
    ).toMatchObject({ code: 'authority.too-large' });
  });

  it('something that speaks no HTTP', async () => {
    await fault(await raw('220 mail.example ESMTP\r\n', 'leave')).toMatchObject({
      code: 'authority.not-an-authority',
    });
  });

  it('stopped by a signal, before and while it runs, and by closing', async () => {
    const url = await raw('', 'leave');
    const cancelled = { code: 'authority.cancelled' };
    await expect(asked.request({ method: 'GET', url, signal: AbortSignal.abort() })).rejects.toMatchObject(
      cancelled,
    );
    const stop = new AbortController();
    const running = asked.request({ method: 'GET', url, signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toMatchObject(cancelled);
    const own = authorityHttp();
    const left = own.request({ method: 'GET', url });
    own.close();
    await expect(left).rejects.toMatchObject(cancelled);
    await expect(own.request({ method: 'GET', url })).rejects.toMatchObject(cancelled);
  });
});

describe('TLS', () => {
  let root: ReturnType<OpenSsl['issue']>;
  const serve = async (names: string, dates: { notAfter?: string; notBefore?: string } = {}) => {
    const site = openssl.issue({
      subject: '/CN=site',
      issuer: root,
      extensions: ['basicConstraints = critical,CA:FALSE', `subjectAltName = ${names}`],
      ...dates,
    });
    const options = { cert: site.pem, key: readFileSync(site.keyPath) };
    const port = await listen(https.createServer(options, (_, response) => response.end('yes')));
    return `https://127.0.0.1:${port}/`;
  };
  beforeAll(() => {
    root = openssl.issue({ subject: '/CN=Practice root of a test', extensions: extensionSets.root });
  });

  it('is content with an authority that was named, and with none that was not', async () => {
    const url = await serve('IP:127.0.0.1');
    const knowing = authorityHttp({ ca: [root.pem] });
    const answer = await knowing.request({ method: 'GET', url });
    expect(Buffer.from(answer.body).toString()).toBe('yes');
    knowing.close();
    await expect(asked.request({ method: 'GET', url })).rejects.toMatchObject({
      code: 'authority.tls',
      details: { reason: 'issuer-unknown' },
    });
  });

  it('refuses another name, an old certificate, and what is no TLS', async () => {
    const knowing = authorityHttp({ ca: [root.pem] });
    const reasonFor = async (url: string) =>
      knowing.request({ method: 'GET', url }).then(
        () => 'accepted',
        (error) => [error.code, error.details.reason],
      );
    expect(await reasonFor(await serve('DNS:other.example'))).toEqual(['authority.tls', 'name-wrong']);
    const old = { notBefore: '20200101000000Z', notAfter: '20210101000000Z' };
    expect(await reasonFor(await serve('IP:127.0.0.1', old))).toEqual(['authority.tls', 'expired']);
    const plain = (await raw('HTTP/1.0 200 OK\r\n\r\n', 'end')).replace('http:', 'https:');
    expect(await reasonFor(plain)).toEqual(['authority.tls', 'handshake']);
    knowing.close();
  });
});
