import { expect, it } from 'vitest';
import { card } from '../certificates/sample.ts';
import { emptyForm, missingIn, signersFor } from './form.ts';

const other = { token: { module: 'm', serial: '00AA', label: 'Key 02' } };

it('another key of the same unit that is plugged in and can sign reports a loss', () => {
  const lost = card('lost', {});
  const fit = card('fit', {}, other);
  const cards = [
    lost,
    fit,
    card('same key', {}),
    card('other unit', { unit: 'Unit Y' }, other),
    card('away', {}, { ...other, plugged: false }),
    card('revoked', {}, { ...other, status: { revocation: 'revoked' } }),
    card('over', { daysLeft: -1 }, other),
    card('superseded', {}, { ...other, superseded: true }),
    card('no key', { hasPrivateKey: false }, other),
    card('for encryption', { canSign: false }, other),
  ];
  expect(signersFor(lost, cards)).toEqual([fit]);
  // Nothing tells that two certificates without a unit belong together.
  const nameless = card('lost', { unit: '' });
  expect(signersFor(nameless, [nameless, card('fit', { unit: '' }, other)])).toEqual([]);
});

it('what has still to be filled in depends on what shows who reports', () => {
  expect(missingIn(emptyForm)).toEqual(['reporter', 'signer']);
  expect(missingIn({ ...emptyForm, reporter: 'Li', signer: 'ab' })).toEqual([]);
  const account = { ...emptyForm, by: 'account' as const, reporter: ' ' };
  expect(missingIn(account)).toEqual(['reporter', 'creditCode', 'handler', 'reference']);
  const filled = { reporter: 'Li', creditCode: '91', handler: 'Wang', reference: 'XQ1' };
  expect(missingIn({ ...account, ...filled })).toEqual([]);
});
