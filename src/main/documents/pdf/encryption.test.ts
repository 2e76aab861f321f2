import { describe, expect, it } from 'vitest';
import { buildPdf } from '../../../../softhsm-fixtures/documents/build.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { PdfFile } from './file.ts';
import { rc4 } from './rc4.ts';
import { MemorySource } from './source.ts';

describe('rc4', () => {
  // Vectors of RFC 6229 and the three widely known ones.
  it.each([
    ['4b6579', '506c61696e74657874', 'bbf316e8d940af0ad3'],
    ['57696b69', '7065646961', '1021bf0420'],
    ['536563726574', '41747461636b206174206461776e', '45a01f645fc35b383552544b9bf5'],
    ['0102030405', '00000000000000000000000000000000', 'b2396305f03dc027ccc3524a0a1118a8'],
    [
      '0102030405060708090a0b0c0d0e0f10',
      '00000000000000000000000000000000',
      '9ac7cc9a609d1ef7b2932899cde41b97',
    ],
  ])('key %s', (key, plain, cipher) => {
    expect(rc4(Buffer.from(key, 'hex'), Buffer.from(plain, 'hex')).toString('hex')).toBe(cipher);
  });
});

describe('the encryption dictionary', () => {
  const open = (encrypt: string, password?: string) => {
    const objects = new Map([
      [1, '<</Type/Catalog/Pages 2 0 R>>'],
      [2, '<</Type/Pages/Kids[]/Count 0>>'],
      [3, `<<${encrypt}>>`],
    ]);
    try {
      PdfFile.open(new MemorySource(buildPdf(objects, 1, { trailer: '/Encrypt 3 0 R' })), { password });
    } catch (error) {
      return error instanceof YinkeyError ? error.code : error;
    }
    return 'no error';
  };
  const hash = `<${'41'.repeat(32)}>`;
  const long = `<${'41'.repeat(48)}>`;

  it.each([
    ['/Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s5/V 4', 'document.encryption-unsupported'],
    ['/Filter/FoxitConnectedPDFDRM/V 4', 'document.encryption-unsupported'],
    [`/Filter/Standard/V 3/R 3/O${hash}/U${hash}/P -4`, 'document.encryption-unsupported'],
    [`/Filter/Standard/V 6/R 7/O${long}/U${long}/P -4`, 'document.encryption-unsupported'],
    [`/Filter/Standard/V 2/R 3/Length 4096/O${hash}/U${hash}/P -4`, 'document.encryption-unsupported'],
    [
      `/Filter/Standard/V 4/R 4/CF<</StdCF<</CFM/Odd>>>>/O${hash}/U${hash}/P -4`,
      'document.encryption-unsupported',
    ],
    [`/Filter/Standard/V 4/R 4/StmF/Gone/O${hash}/U${hash}/P -4`, 'document.damaged'],
    ['/Filter/Standard/V 2/R 3/Length 128/P -4', 'document.damaged'],
    [`/Filter/Standard/V 1/R 2/O<41>/U${hash}/P -4`, 'document.damaged'],
    [`/Filter/Standard/V 5/R 6/O${hash}/U${hash}/OE${hash}/UE${hash}/P -4`, 'document.damaged'],
    [`/Filter/Standard/V 2/R 3/Length 128/O${hash}/U${hash}/P -4`, 'document.password-needed'],
    [`/Filter/Standard/V 5/R 6/O${long}/U${long}/OE${hash}/UE${hash}/P -4`, 'document.password-needed'],
  ])('%s', (encrypt, code) => {
    expect(open(encrypt)).toBe(code);
  });

  it('tells a wrong password from none', () => {
    expect(open(`/Filter/Standard/V 2/R 3/Length 128/O${hash}/U${hash}/P -4`, 'guess')).toBe(
      'document.password-wrong',
    );
    expect(open(`/Filter/Standard/V 5/R 6/O${long}/U${long}/OE${hash}/UE${hash}/P -4`, '猜')).toBe(
      'document.password-wrong',
    );
  });
});
