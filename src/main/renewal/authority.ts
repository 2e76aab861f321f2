import type { Catalogue } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { AuthorityHttp } from '../authority/index.ts';
import type { OrdersPeer } from './peers.ts';

/** An authority as it answered just now. */
export interface FoundAuthority {
  /** Base of its orders API; '' for one that takes no orders. */
  api: string;
  cmp: string;
  name: string;
  /** null: it takes no orders. */
  catalogue: Catalogue | null;
  /** Its clock, where it told it. */
  time: Date | null;
}

/**
 * Asks an address what it is: the base of an orders API (or the site that has one under /api), or a bare CMP endpoint
 * (RFC 9811), which answers nothing that could be recognised before it is sent a request.
 * Errors: authority.url, authority.unreachable, authority.timeout, authority.tls, authority.not-an-authority ...
 */
export async function findAuthority(
  address: string,
  tools: { http: AuthorityHttp; orders: (url: string) => OrdersPeer },
): Promise<FoundAuthority> {
  const base = address.trim().replace(/\/+$/, '');
  const orders = tools.orders(base);
  const catalogue = await orders.catalogue();
  if (catalogue) {
    const api = isBareSite(base) ? `${base}/api` : base;
    const { cmp, name, time } = catalogue;
    return { api, cmp, name, catalogue, time: new Date(time) };
  }
  // A page for people where a machine was expected: the sign-in page of a network, or simply the wrong address.
  const { status, headers } = await tools.http.request({ method: 'GET', url: address.trim() });
  const type = headers['content-type'] ?? '';
  if (status >= 200 && status < 400 && !/pkixcmp/i.test(type)) {
    throw new YinkeyError('authority.not-an-authority', { type: type.slice(0, 80), status });
  }
  const date = Date.parse(headers.date ?? '');
  return {
    api: '',
    cmp: address.trim(),
    name: new URL(address.trim()).host,
    catalogue: null,
    time: Number.isNaN(date) ? null : new Date(date),
  };
}

const isBareSite = (url: string) => new URL(url).pathname === '/';
