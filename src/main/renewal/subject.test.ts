import { expect, test } from 'vitest';
import { der, readName } from '../certificates/index.ts';
import { subjectFromText } from './subject.ts';

const round = (text: string) => readName(der.readDer(subjectFromText(text))).text;

test.each([
  'CN=公章,OU=财务,O=示范中心,C=CN',
  'CN=A\\, B\\+C \\\\,O=x',
  'CN=x,organizationIdentifier=NTRCN-1',
])('%s comes back as it was written', (text) => expect(round(text)).toBe(text));

test('spaces around parts and dotted identifiers are taken', () => {
  expect(round(' cn = x , 2.5.4.97 = y ')).toBe('CN=x,organizationIdentifier=y');
});

test.each(['', 'x', 'CN=', 'CN=a,,O=b', 'CN=a+O=b', 'FOO=b', 'CN=a,', 'C=China', `CN=${'a'.repeat(2000)}`])(
  'refuses %s',
  (text) => {
    expect(() => subjectFromText(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  },
);
