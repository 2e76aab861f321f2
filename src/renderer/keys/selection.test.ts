import { describe, expect, it } from 'vitest';
import type { CertificateInfo, KeyInfo } from '../../shared/domain/keys.ts';
import { changes, chosenKey, nextStep, signers } from './selection.ts';

const certificate = (more: Partial<CertificateInfo> = {}): CertificateInfo => ({
  id: 'a',
  ckaId: '',
  label: '',
  subject: 'CN=A',
  issuer: 'CN=B',
  holder: 'A',
  unit: '',
  issuerName: 'B',
  serialNumber: '01',
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2029-01-01T00:00:00Z',
  daysLeft: 500,
  validity: 'valid',
  keyType: 'RSA-2048',
  hasPrivateKey: true,
  isCa: false,
  canSign: true,
  sha256: 'a'.repeat(64),
  ...more,
});
const key = (name: string, more: Partial<KeyInfo> = {}): KeyInfo => ({
  key: name,
  module: '/m',
  moduleName: 'm',
  slot: 0,
  label: name,
  serial: '1',
  manufacturer: '',
  model: '',
  firmware: '',
  pin: { state: 'ok', soState: 'ok', minLength: 4, maxLength: 8, protectedPath: false },
  certificates: [certificate()],
  error: null,
  ...more,
});
const pin = (state: KeyInfo['pin']['state']) => ({
  state,
  soState: 'ok' as const,
  minLength: 4,
  maxLength: 8,
  protectedPath: false,
});

describe('chosenKey', () => {
  const locked = key('locked', { pin: pin('locked') });
  const ready = key('ready');
  it('is the chosen one while it is plugged', () => {
    expect(chosenKey([locked, ready], 'locked')).toBe(locked);
  });
  it('is the first that can stamp when the chosen one is gone or none was chosen', () => {
    expect(chosenKey([locked, ready], 'gone')).toBe(ready);
    expect(chosenKey([locked, ready], null)).toBe(ready);
  });
  it('is the first where none can stamp, and none where none is plugged', () => {
    expect(chosenKey([locked], null)).toBe(locked);
    expect(chosenKey([], 'x')).toBeNull();
  });
});

it('changes tells what came and what went', () => {
  const [a, b, c] = [key('a'), key('b'), key('c')];
  expect(changes([a, b], [b, c])).toEqual({ plugged: [c], pulled: [a] });
  expect(changes([a], [key('a', { pin: pin('low') })])).toEqual({ plugged: [], pulled: [] });
});

describe('signers', () => {
  it.each<[Partial<CertificateInfo>, number]>([
    [{}, 1],
    [{ hasPrivateKey: null }, 1],
    [{ hasPrivateKey: false }, 0],
    [{ canSign: false }, 0],
    [{ isCa: true }, 0],
    [{ validity: 'expired' }, 0],
    [{ validity: 'not-yet-valid' }, 0],
    [{ validity: 'soon' }, 1],
  ])('%o: %i', (more, count) => {
    expect(signers(key('k', { certificates: [certificate(more)] }))).toHaveLength(count);
  });
});

describe('nextStep', () => {
  it.each<[string, Partial<KeyInfo>]>([
    ['trouble', { error: { code: 'token.failed', details: {} }, pin: pin('locked') }],
    ['pin', { pin: pin('locked') }],
    ['pin', { pin: pin('final-try') }],
    ['ready', {}],
    ['ready', { pin: pin('low') }],
    ['soon', { certificates: [certificate(), certificate({ daysLeft: 63, validity: 'soon' })] }],
    ['expired', { certificates: [certificate({ daysLeft: -3, validity: 'expired' })] }],
    ['notYet', { certificates: [certificate({ validity: 'not-yet-valid' })] }],
    ['noSigner', { certificates: [certificate({ hasPrivateKey: false })] }],
    ['noSigner', { certificates: [] }],
  ])('%s', (type, more) => expect(nextStep(key('k', more)).type).toBe(type));
});
