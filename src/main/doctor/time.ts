import { catalogueSchema } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { AuthorityHttp } from '../authority/index.ts';

/** How far this computer's clock is ahead of another one; behind: negative. */
export interface ToldTime {
  source: 'catalogue' | 'http-date';
  aheadMillis: number;
}

/**
 * Asks an authority for the time: what its catalogue says, else the date that any HTTP answer bears (RFC 9110, 6.6.1).
 * null where nobody answered in time, or without a time. Never fails.
 * @param address as the user set it: the orders API, a site with one under /api, or a CMP endpoint
 */
export async function toldTime(
  http: AuthorityHttp,
  address: string,
  options: { deadlineMillis: number; now?: () => number },
): Promise<ToldTime | null> {
  const now = options.now ?? Date.now;
  try {
    const url = catalogueUrl(address);
    const asked = now();
    const answer = await http.request({
      method: 'GET',
      url,
      headers: { accept: 'application/json' },
      deadlineMillis: options.deadlineMillis,
      maxBytes: 1 << 20,
    });
    // The other clock was read somewhere between question and answer.
    const ours = (asked + now()) / 2;
    const told = answer.status === 200 ? catalogueTime(answer.body) : null;
    if (told !== null) return { source: 'catalogue', aheadMillis: ours - told };
    const date = Date.parse(answer.headers.date ?? '');
    return Number.isNaN(date) ? null : { source: 'http-date', aheadMillis: ours - date };
  } catch (error) {
    if (error instanceof YinkeyError) return null;
    throw error;
  }
}

/** The catalogue's place; of a site without a path, `/api` is meant. Errors: authority.url. */
function catalogueUrl(address: string): string {
  if (!URL.canParse(address)) throw new YinkeyError('authority.url', {});
  const url = new URL(address);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = `${path === '' ? '/api' : path}/catalogue`;
  url.search = '';
  url.hash = '';
  return url.href;
}

function catalogueTime(body: Uint8Array): number | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch {
    // No catalogue: its date may still be one.
    return null;
  }
  const catalogue = catalogueSchema.pick({ time: true }).safeParse(value);
  return catalogue.success ? Date.parse(catalogue.data.time) : null;
}
