import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import { YinkeyError } from '../../shared/errors/index.ts';
import { systemRoots } from '../certificates/index.ts';

export interface HttpQuestion {
  method: 'GET' | 'POST';
  /** http: or https:, without a name and password in it. */
  url: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
  /** For everything from the look-up of the name to the last byte; 30 s when left out. */
  deadlineMillis?: number;
  /** Largest body of an answer; 4 MB when left out. */
  maxBytes?: number;
  signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  status: number;
  /** Names in lower case; what stands twice is joined with ', '. */
  headers: Record<string, string>;
  body: Uint8Array;
}

/** How everything that asks an authority reaches it. */
export interface AuthorityHttp {
  /**
   * One exchange over a connection of its own. Redirects are not followed, and no status is an error here.
   * @throws YinkeyError `authority.url` {url}: not an address that can be asked; `authority.unreachable` {host, reason};
   *   `authority.timeout` {host, seconds}; `authority.tls` {host, reason}; `authority.too-large` {host, limit};
   *   `authority.not-an-authority` {host}: what listens there speaks no HTTP; `authority.cancelled`: by the signal or `close`
   */
  request(question: HttpQuestion): Promise<HttpAnswer>;
}

const defaults = { deadlineMillis: 30_000, maxBytes: 4 << 20 };

function pem(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;
}

function parseUrl(text: string): URL {
  let url: URL | null = null;
  try {
    url = new URL(text);
  } catch {
    // Told below together with addresses of another kind.
  }
  const usable = url && (url.protocol === 'http:' || url.protocol === 'https:') && !url.username;
  if (!url || !usable || url.password || url.hostname === '')
    throw new YinkeyError('authority.url', { url: text.slice(0, 200) });
  return url;
}

const unreachable: Record<string, string> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'name-unknown',
  EAI_AGAIN: 'name-unknown',
  ENETUNREACH: 'no-network',
  EHOSTUNREACH: 'no-route',
  ENETDOWN: 'no-network',
  ETIMEDOUT: 'no-answer',
};

const untrusted: Record<string, string> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  CERT_REVOKED: 'revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'issuer-unknown',
  SELF_SIGNED_CERT_IN_CHAIN: 'issuer-unknown',
  UNABLE_TO_GET_ISSUER_CERT: 'issuer-unknown',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'issuer-unknown',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'issuer-unknown',
  ERR_TLS_CERT_ALTNAME_INVALID: 'name-wrong',
  HOSTNAME_MISMATCH: 'name-wrong',
};

/** What went wrong on the way, in this project's codes. */
function translate(error: unknown, host: string): YinkeyError {
  if (error instanceof YinkeyError) return error;
  const code = String((error as NodeJS.ErrnoException | null)?.code ?? '');
  const cause = { cause: error };
  if (untrusted[code]) return new YinkeyError('authority.tls', { host, reason: untrusted[code] }, cause);
  if (code === 'HPE_HEADER_OVERFLOW')
    return new YinkeyError('authority.too-large', { host, limit: http.maxHeaderSize }, cause);
  if (code.startsWith('HPE_')) return new YinkeyError('authority.not-an-authority', { host }, cause);
  if (
    code === 'EPROTO' ||
    code.startsWith('ERR_SSL') ||
    code.startsWith('ERR_TLS') ||
    code.startsWith('CERT_')
  )
    return new YinkeyError('authority.tls', { host, reason: 'handshake' }, cause);
  return new YinkeyError('authority.unreachable', { host, reason: unreachable[code] ?? 'cut-off' }, cause);
}

function flatten(headers: http.IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/**
 * The only place that opens sockets. Trusts the authorities of the system and of the runtime, and `ca` (PEM) besides.
 * `close` ends what is still going on.
 */
export function authorityHttp(options: { ca?: string[] } = {}): AuthorityHttp & { close(): void } {
  const pending = new Set<(error: YinkeyError) => void>();
  let closed = false;
  let secure: Promise<tls.SecureContext> | null = null;
  const secureContext = async (): Promise<tls.SecureContext> => {
    const system = (await systemRoots()).map(({ der }) => pem(der));
    return tls.createSecureContext({
      ca: [...tls.rootCertificates, ...system, ...(options.ca ?? [])],
      minVersion: 'TLSv1.2',
    });
  };

  const request = async (question: HttpQuestion): Promise<HttpAnswer> => {
    const url = parseUrl(question.url);
    const { host } = url;
    const { signal, body } = question;
    const deadlineMillis = question.deadlineMillis ?? defaults.deadlineMillis;
    const maxBytes = question.maxBytes ?? defaults.maxBytes;
    const headers: Record<string, string> = { ...question.headers, connection: 'close' };
    // OpenSSL's server knows no chunks: it needs the length, and a server that closes is not to be kept waiting.
    if (question.method === 'POST') headers['content-length'] = String(body?.length ?? 0);

    const isSecure = url.protocol === 'https:';
    // The first one to need it reads the trusted authorities, everybody after that has them.
    if (isSecure) secure ??= secureContext();
    const secured = isSecure && secure ? { secureContext: await secure } : null;
    if (closed || signal?.aborted) throw new YinkeyError('authority.cancelled', { host });

    return new Promise((resolve, reject) => {
      // `agent: false` is a connection of its own, closed behind the answer.
      const common = { method: question.method, headers, agent: false as const };
      const sent = secured ? https.request(url, { ...common, ...secured }) : http.request(url, common);
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
        pending.delete(fail);
      };
      const fail = (error: unknown): void => {
        done();
        sent.destroy();
        reject(translate(error, host));
      };
      const cancel = (): void => fail(new YinkeyError('authority.cancelled', { host }));
      const timer = setTimeout(() => {
        fail(new YinkeyError('authority.timeout', { host, seconds: Math.ceil(deadlineMillis / 1000) }));
      }, deadlineMillis);
      pending.add(fail);
      signal?.addEventListener('abort', cancel, { once: true });
      // Stays after the end: an error of a connection that was given up on has to land somewhere.
      sent.on('error', fail);
      sent.on('response', (answer) => {
        const tooLarge = (): void => fail(new YinkeyError('authority.too-large', { host, limit: maxBytes }));
        if (Number(answer.headers['content-length'] ?? 0) > maxBytes) return tooLarge();
        const pieces: Buffer[] = [];
        let size = 0;
        answer.on('error', fail);
        answer.on('data', (piece: Buffer) => {
          size += piece.length;
          if (size > maxBytes) return tooLarge();
          pieces.push(piece);
        });
        answer.on('end', () => {
          done();
          const { statusCode = 0 } = answer;
          resolve({
            status: statusCode,
            headers: flatten(answer.headers),
            body: Buffer.concat(pieces, size),
          });
        });
      });
      sent.end(body);
    });
  };

  return {
    request,
    close() {
      closed = true;
      for (const fail of [...pending]) fail(new YinkeyError('authority.cancelled'));
    },
  };
}

/**
 * An answer's media type without its parameters, in lower case; '' when it names none.
 */
function mediaType(answer: HttpAnswer): string {
  return (answer.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
}

/**
 * Checks that an answer is of the kind that was asked for, whatever its status. A proxy's page, a portal's log-in or a
 * redirect to one is not.
 * @throws YinkeyError `authority.not-an-authority` {type, status}
 */
export function expectType(answer: HttpAnswer, ...types: readonly string[]): void {
  const type = mediaType(answer);
  if (types.includes(type)) return;
  throw new YinkeyError('authority.not-an-authority', { type: type.slice(0, 80), status: answer.status });
}
