import { expect, it } from 'vitest';
import { isSerial } from './TypedSerial.tsx';

it('a serial number may be typed in groups and in either case, but whole', () => {
  expect(isSerial('0A1B 2c3d', '0a1b2c3d')).toBe(true);
  expect(isSerial('0a:1b:2c:3d', '0A1B2C3D')).toBe(true);
  expect(isSerial('0a1b2c3', '0a1b2c3d')).toBe(false);
  expect(isSerial(' ', '')).toBe(false);
});
