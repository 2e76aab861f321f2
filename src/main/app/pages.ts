import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type MAIN_HOST, type PIN_HOST, SCHEME } from './origins.ts';

/**
 * The policy on every page: only files of our own, no inline script or style, no eval, no plugin, no frame, no form,
 * no network (`connect-src 'self'` reaches this protocol and nothing else).
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ');

const MIME: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.pfb': 'application/octet-stream',
  '.bcmap': 'application/octet-stream',
  '.icc': 'application/octet-stream',
  '.wasm': 'application/wasm',
};

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), hid=(), serial=(), bluetooth=()',
};

export type PageHost = typeof MAIN_HOST | typeof PIN_HOST;

/**
 * The file that a URL of our scheme means, relative to the renderer's folder; undefined when it means none: another
 * host, a way out of the folder, a type that no page needs.
 */
export function fileOf(url: string, host: PageHost): { name: string; mime: string } | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  if (parsed.protocol !== `${SCHEME}:` || parsed.host !== host || parsed.username || parsed.password) {
    return undefined;
  }
  let decoded: string;
  try {
    decoded = decodeURIComponent(parsed.pathname);
  } catch {
    return undefined; // not UTF-8: means no file
  }
  const parts = decoded.split('/').slice(1);
  // Refused rather than tidied up: none of our own pages asks in such a way.
  if (parts.length === 0 || parts.some((part) => !/^[\w@+=-][\w.@+=-]*$/.test(part))) return undefined;
  const mime = MIME[path.posix.extname(decoded).toLowerCase()];
  return mime === undefined ? undefined : { name: parts.join('/'), mime };
}

/** Answers one request for a page's file from `folder`, with the security headers on whatever is answered. */
export async function servePage(request: Request, folder: string, host: PageHost): Promise<Response> {
  const refuse = (status: number) => new Response(null, { status, headers: { ...HEADERS } });
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
  const file = fileOf(request.url, host);
  if (!file) return refuse(403);
  let bytes: Buffer;
  try {
    bytes = await readFile(path.join(folder, file.name));
  } catch {
    return refuse(404);
  }
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(bytes), {
    headers: { ...HEADERS, 'Content-Type': file.mime, 'Content-Length': String(bytes.length) },
  });
}
