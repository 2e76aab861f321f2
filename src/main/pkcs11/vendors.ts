/**
 * Drivers that are known by name: where their makers put them. A path here is only offered; nothing is loaded before
 * the user agreed to the file itself. `%NAME%` is an environment variable of Windows.
 */
export interface KnownModule {
  id: string;
  name: { 'zh-CN': string; en: string };
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
    name: { 'zh-CN': '龙脉 mToken GM3000', en: 'Longmai mToken GM3000' },
    vendor: 'Longmai',
    paths: {
      win32: [system32('gm3000_pkcs11.dll')],
      linux: linuxLibrary('libgm3000_pkcs11.so'),
      darwin: macLibrary('libgm3000_pkcs11.dylib'),
    },
  },
  {
    id: 'longmai-cryptoid',
    name: { 'zh-CN': '龙脉 mToken CryptoID', en: 'Longmai mToken CryptoID' },
    vendor: 'Longmai',
    paths: {
      win32: [system32('cryptoide_pkcs11.dll')],
      linux: linuxLibrary('libcryptoide_pkcs11.so'),
      darwin: macLibrary('libcryptoide_pkcs11.dylib'),
    },
  },
  {
    id: 'feitian-epass2003',
    name: { 'zh-CN': '飞天 ePass2003', en: 'Feitian ePass2003' },
    vendor: 'Feitian',
    paths: {
      win32: [system32('eps2003csp11.dll')],
      linux: [...linuxLibrary('libcastle.so.1.0.0'), ...linuxLibrary('libcastle.so')],
      darwin: macLibrary('libcastle.1.0.0.dylib'),
    },
  },
  {
    id: 'feitian-3000gm',
    name: { 'zh-CN': '飞天 ePass3000GM', en: 'Feitian ePass3000GM' },
    vendor: 'Feitian',
    paths: {
      win32: [system32('ShuttleCsp11_3000GM.dll')],
      linux: linuxLibrary('libes_3000gm.so'),
      darwin: [],
    },
  },
  {
    id: 'feitian-epass3003',
    name: { 'zh-CN': '飞天 ePass3003', en: 'Feitian ePass3003' },
    vendor: 'Feitian',
    paths: {
      win32: [system32('ShuttleCsp11_3003.dll')],
      linux: linuxLibrary('libshuttle_p11v220.so'),
      darwin: [],
    },
  },
  {
    id: 'opensc',
    name: { 'zh-CN': 'OpenSC 智能卡', en: 'OpenSC smart cards' },
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
    name: { 'zh-CN': 'SafeNet / 泰雷兹 eToken', en: 'SafeNet / Thales eToken' },
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
    name: { 'zh-CN': '泰雷兹 IDPrime', en: 'Thales IDPrime' },
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
    name: { 'zh-CN': 'YubiKey（PIV）', en: 'YubiKey (PIV)' },
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
    name: { 'zh-CN': 'SoftHSM（练习用软件印钥）', en: 'SoftHSM (software key for practice)' },
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
    name: { 'zh-CN': '握奇 ProxKey', en: 'Watchdata ProxKey' },
    vendor: 'Watchdata',
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
