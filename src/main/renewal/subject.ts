import { YinkeyError } from '../../shared/errors/index.ts';
import { der } from '../certificates/index.ts';

/** Attribute types by the names that people write (RFC 4514 section 3, RFC 4519, X.520). */
const types: Record<string, string> = {
  CN: '2.5.4.3',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  ORGANIZATIONIDENTIFIER: '2.5.4.97',
};
/** PrintableString, as X.520 wants it for these two. */
const printable = new Set(['2.5.4.6', '2.5.4.5']);
const limit = { text: 1000, parts: 30 };

/**
 * Name (DER) from text like 'CN=公章,OU=财务,O=中心,C=CN': RFC 4514, the most specific part first, one attribute a part;
 * a comma, plus sign or backslash in a value is written with a backslash before it. A dotted object identifier may stand
 * for a name. The order in the certificate is the other way round, as the RFC says.
 * @throws YinkeyError usage
 */
export function subjectFromText(text: string): Uint8Array {
  const wrong = () => new YinkeyError('usage', { what: `--subject ${text.slice(0, 100)}` });
  if (text.length > limit.text) throw wrong();
  const parts = text.match(/(?:\\.|[^,\\])+/gu) ?? [];
  if (parts.length === 0 || parts.length > limit.parts || parts.join(',') !== text) throw wrong();
  const names = parts.map((part) => {
    const match = /^\s*([A-Za-z]+|[0-2](?:\.\d+)+)\s*=\s*(.*\S)\s*$/u.exec(part);
    if (!match) throw wrong();
    const [, name = '', written = ''] = match;
    const type = /^\d/.test(name) ? name : types[name.toUpperCase()];
    const value = written.replaceAll(/\\(.)/gu, '$1');
    if (!type || /(?<!\\)\+/.test(written)) throw wrong();
    const encoded = printable.has(type)
      ? der.element(der.tags.printableString, Buffer.from(value, 'latin1'))
      : der.utf8(value);
    if (type === types.C && !/^[A-Z]{2}$/.test(value)) throw wrong();
    return der.setOf(der.seq(der.oid(type), encoded));
  });
  return der.seq(...names.reverse());
}
