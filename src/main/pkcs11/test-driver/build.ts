import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A driver with faults on request (driver.c), over SoftHSM. */
export interface TestDriver {
  path: string;
  /** What a host needs in its environment to reach the wishes. */
  env: Record<string, string>;
  /** From now on; none: SoftHSM as it is. */
  wish(...lines: string[]): void;
  /** How often C_Login was called, ever. */
  logins(): number;
}

/** Compiles the driver into `folder`. */
export function buildTestDriver(folder: string, softHsm: string): TestDriver {
  const path = join(folder, 'test-driver.so');
  const control = join(folder, 'control');
  const log = join(folder, 'logins');
  writeFileSync(control, '');
  execFileSync('cc', [
    '-shared',
    '-fPIC',
    `-DTEST_DRIVER_BELOW="${softHsm}"`,
    '-o',
    path,
    join(import.meta.dirname, 'driver.c'),
    '-ldl',
  ]);
  return {
    path,
    env: { PKCS11_TEST_CONTROL: control, PKCS11_TEST_LOG: log },
    wish: (...lines) => writeFileSync(control, lines.map((line) => `${line}\n`).join('')),
    logins: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0),
  };
}
