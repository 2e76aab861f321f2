import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { YinkeyError } from '../src/shared/errors/index.ts';

const multiarch: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
};

/** Where the usual packages of each system put SoftHSM 2, the likeliest first. */
function knownPaths(): string[] {
  switch (process.platform) {
    case 'win32': {
      const library = process.arch === 'ia32' ? 'softhsm2.dll' : 'softhsm2-x64.dll';
      const roots = [process.env.ProgramFiles, process.env['ProgramFiles(x86)'], process.env.SystemDrive];
      return roots.filter((root) => root !== undefined).map((root) => join(root, 'SoftHSM2', 'lib', library));
    }
    case 'darwin':
      return ['/opt/homebrew/lib/softhsm/libsofthsm2.so', '/usr/local/lib/softhsm/libsofthsm2.so'];
    default: {
      const triplet = multiarch[process.arch];
      return [
        '/usr/lib/softhsm/libsofthsm2.so',
        ...(triplet ? [`/usr/lib/${triplet}/softhsm/libsofthsm2.so`] : []),
        '/usr/lib64/softhsm/libsofthsm2.so',
        '/usr/lib64/pkcs11/libsofthsm2.so',
        '/usr/local/lib/softhsm/libsofthsm2.so',
      ];
    }
  }
}

/**
 * The SoftHSM 2 library of this system.
 * @throws YinkeyError `practice.missing` when SoftHSM is not installed
 */
export function findSoftHsm(candidates: readonly string[] = knownPaths()): string {
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new YinkeyError('practice.missing', { what: 'SoftHSM 2' });
  return found;
}
