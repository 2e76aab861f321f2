/**
 * Drivers that are known by name: where their makers put them. A path here is only offered; nothing is loaded before
 * the user agreed to the file itself. `%NAME%` is an environment variable of Windows.
 */
export interface KnownModule {
  id: string;
  /** Product and maker as they call themselves, the same in every language. */
  name: string;
  vendor: string;
  paths: { win32: string[]; linux: string[]; darwin: string[] };
  /** manufacturerID of CK_INFO starts so: how the module's ways are known wherever its file lies. */
  manufacturer?: string;
  quirks?: Quirks;
}

export interface Quirks {
  /** Plugged and pulled tokens are seen only after C_Finalize and C_Initialize. */
  reinitialise: boolean;
}

const system32 = (file: string) => `%SystemRoot%\\System32\\${file}`;
const linuxLibrary = (file: string) => [
  `/usr/lib/${file}`,
  `/usr/lib64/${file}`,
  `/usr/lib/x86_64-linux-gnu/${file}`,
  `/usr/lib/aarch64-linux-gnu/${file}`,
  `/usr/local/lib/${file}`,
];
const macLibrary = (file: string) => [`/usr/local/lib/${file}`, `/opt/homebrew/lib/${file}`];

export const knownModules: readonly KnownModule[] = [
  {
    id: 'longmai-gm3000',
    name: 'mToken GM3000',
    vendor: '龙脉 Longmai',
    paths: {
      win32: [system32('gm3000_pkcs11.dll')],
      linux: linuxLibrary('libgm3000_pkcs11.so'),
      darwin: macLibrary('libgm3000_pkcs11.dylib'),
    },
  },
  {
    id: 'longmai-cryptoid',
    name: 'mToken CryptoID',
    vendor: '龙脉 Longmai',
    paths: {
      win32: [system32('cryptoide_pkcs11.dll')],
      linux: linuxLibrary('libcryptoide_pkcs11.so'),
      darwin: macLibrary('libcryptoide_pkcs11.dylib'),
    },
  },
  {
    id: 'feitian-epass2003',
    name: 'ePass2003',
    vendor: '飞天诚信 Feitian',
    paths: {
      win32: [system32('eps2003csp11.dll')],
      linux: [...linuxLibrary('libcastle.so.1.0.0'), ...linuxLibrary('libcastle.so')],
      darwin: macLibrary('libcastle.1.0.0.dylib'),
    },
  },
  {
    id: 'feitian-3000gm',
    name: 'ePass3000GM',
    vendor: '飞天诚信 Feitian',
    paths: {
      win32: [system32('ShuttleCsp11_3000GM.dll')],
      linux: linuxLibrary('libes_3000gm.so'),
      darwin: [],
    },
  },
  {
    id: 'feitian-epass3003',
    name: 'ePass3003',
    vendor: '飞天诚信 Feitian',
    paths: {
      win32: [system32('ShuttleCsp11_3003.dll')],
      linux: linuxLibrary('libshuttle_p11v220.so'),
      darwin: [],
    },
  },
  {
    id: 'opensc',
    name: 'OpenSC',
    vendor: 'OpenSC',
    paths: {
      win32: [
        '%ProgramFiles%\\OpenSC Project\\OpenSC\\pkcs11\\opensc-pkcs11.dll',
        system32('opensc-pkcs11.dll'),
      ],
      linux: [
        ...linuxLibrary('opensc-pkcs11.so'),
        '/usr/lib64/pkcs11/opensc-pkcs11.so',
        '/usr/lib/pkcs11/opensc-pkcs11.so',
      ],
      darwin: ['/Library/OpenSC/lib/opensc-pkcs11.so', ...macLibrary('opensc-pkcs11.so')],
    },
  },
  {
    id: 'safenet-etoken',
    name: 'SafeNet eToken',
    vendor: 'Thales',
    paths: {
      win32: [system32('eTPKCS11.dll'), system32('eToken.dll')],
      linux: [...linuxLibrary('libeTPkcs11.so'), ...linuxLibrary('libeToken.so')],
      darwin: [
        ...macLibrary('libeTPkcs11.dylib'),
        '/Library/Frameworks/eToken.framework/Versions/Current/libeToken.dylib',
      ],
    },
  },
  {
    id: 'thales-idprime',
    name: 'IDPrime',
    vendor: 'Thales',
    paths: {
      win32: [
        system32('IDPrimePKCS1164.dll'),
        '%ProgramFiles(x86)%\\Gemalto\\IDGo 800 PKCS#11\\IDPrimePKCS1164.dll',
        '%ProgramFiles(x86)%\\Gemalto\\IDGo 800 PKCS#11\\IDPrimePKCS11.dll',
      ],
      linux: linuxLibrary('libIDPrimePKCS11.so'),
      darwin: macLibrary('libIDPrimePKCS11.dylib'),
    },
  },
  {
    id: 'yubikey',
    name: 'YubiKey PIV',
    vendor: 'Yubico',
    paths: {
      win32: [
        '%ProgramFiles%\\Yubico\\Yubico PIV Tool\\bin\\libykcs11.dll',
        '%ProgramFiles%\\Yubico\\Yubico PIV Tool\\bin\\libykcs11-1.dll',
      ],
      linux: [...linuxLibrary('libykcs11.so.2'), ...linuxLibrary('libykcs11.so')],
      darwin: macLibrary('libykcs11.dylib'),
    },
  },
  {
    id: 'softhsm2',
    name: 'SoftHSM',
    vendor: 'OpenDNSSEC',
    paths: {
      win32: ['C:\\SoftHSM2\\lib\\softhsm2-x64.dll', 'C:\\SoftHSM2\\lib\\softhsm2.dll'],
      linux: [
        '/usr/lib/softhsm/libsofthsm2.so',
        ...linuxLibrary('softhsm/libsofthsm2.so'),
        '/usr/lib64/pkcs11/libsofthsm2.so',
        ...linuxLibrary('libsofthsm2.so'),
      ],
      darwin: macLibrary('softhsm/libsofthsm2.so'),
    },
    manufacturer: 'SoftHSM',
    quirks: { reinitialise: true },
  },
  {
    id: 'watchdata-proxkey',
    name: 'ProxKey',
    vendor: '握奇 Watchdata',
    paths: {
      win32: [system32('SignatureP11.dll')],
      linux: ['/usr/lib/WatchData/ProxKey/lib/libwdpkcs_SignatureP11.so'],
      darwin: [],
    },
  },
];

/** The known ways of the module that says it is made by `manufacturer` (CK_INFO.manufacturerID). */
export function quirksOf(manufacturer: string): Quirks {
  const known = knownModules.find(
    (module) => module.manufacturer && manufacturer.startsWith(module.manufacturer),
  );
  return known?.quirks ?? { reinitialise: false };
}

/**
 * Where a known module may lie on this system, environment variables put in; paths that name a variable which is
 * not set are left out.
 */
export function pathsOf(
  module: KnownModule,
  platform: string,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const paths =
    platform === 'win32' || platform === 'linux' || platform === 'darwin' ? module.paths[platform] : [];
  const variables = new Map(Object.entries(env).map(([name, value]) => [name.toLowerCase(), value]));
  return paths.flatMap((path) => {
    let missing = false;
    const expanded = path.replace(/%([^%]+)%/g, (_, name: string) => {
      const value = variables.get(name.toLowerCase());
      missing ||= !value;
      return value ?? '';
    });
    return missing ? [] : [expanded];
  });
}

const fileName = (path: string) =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase();

/** The known module that a file is by its name, wherever it lies. */
export function knownByFile(path: string): KnownModule | undefined {
  const name = fileName(path);
  return knownModules.find(({ paths }) =>
    Object.values(paths).some((list) => list.some((each) => fileName(each) === name)),
  );
}
