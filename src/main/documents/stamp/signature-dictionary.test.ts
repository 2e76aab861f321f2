import { describe, expect, it } from 'vitest';
import { contentsOf, pdfDate, setByteRange, signaturePlaceholder } from './signature-dictionary.ts';

describe('the place of a signature', () => {
  const facts = { name: '张三', now: '2026-01-02T03:04:05Z', utcOffset: 480, reserve: 20 };

  it('is left out of the byte range, brackets and all', () => {
    const placeholder = signaturePlaceholder(facts, {});
    const before = placeholder.raw.length;
    const [start, length, second, rest] = setByteRange(placeholder, 1000, 5000);
    expect(placeholder.raw.length).toBe(before);
    expect(start).toBe(0);
    expect(second + rest).toBe(5000);
    expect(placeholder.raw.toString('latin1', length - 1000, second - 1000)).toBe(`<${'0'.repeat(40)}>`);
    const text = placeholder.raw.toString('latin1');
    expect(text).toContain(`/ByteRange [0 ${length} ${second} ${rest}]`);
    expect(text.endsWith('>>')).toBe(true);
  });

  it('has room for offsets of the largest files', () => {
    const placeholder = signaturePlaceholder(facts, {});
    expect(() => setByteRange(placeholder, 10_000_000_000_000 - 1000, 10_000_000_000_000)).not.toThrow();
  });

  it('encrypts its strings, and /Contents never', () => {
    const placeholder = signaturePlaceholder(facts, {
      encryptString: (bytes) => Buffer.from(bytes.map((b) => b ^ 0xff)),
    });
    const text = placeholder.raw.toString('latin1');
    expect(text).not.toContain('D:2026');
    expect(text).toContain(`/Contents <${'0'.repeat(40)}>`);
  });

  it('takes what fits and nothing more', () => {
    expect(contentsOf(Uint8Array.of(0xab, 1), 10)?.toString('latin1')).toBe('<ab010000>');
    expect(contentsOf(new Uint8Array(4), 10)?.length).toBe(10);
    expect(contentsOf(new Uint8Array(5), 10)).toBeNull();
  });
});

it.each([
  ['2026-11-22T16:30:05.999Z', 480, "D:20261123003005+08'00'"],
  ['2026-11-22T00:30:05Z', -210, "D:20261121210005-03'30'"],
  ['2026-01-01T00:00:00Z', 0, 'D:20260101000000Z'],
])('%s at %i minutes is %s', (iso, offset, expected) => {
  expect(pdfDate(iso, offset)).toBe(expected);
});
