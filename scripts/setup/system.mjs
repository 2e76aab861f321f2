// The system's own packages: installed as root on Debian and its kin, elsewhere named in one line.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { say, step } from './progress.mjs';
import { attempt, onPath, run } from './run.mjs';

/**
 * What a need consists of. `command`: a program that shows the package to be there, whoever installed it.
 * @typedef {{ package: string, command?: string, t64?: boolean }} SystemPackage
 */

/** @type {Record<'compiler' | 'practice' | 'window' | 'tests' | 'bench', SystemPackage[]>} */
const NEEDS = {
  compiler: [
    { package: 'python3', command: 'python3' },
    { package: 'make', command: 'make' },
    { package: 'g++', command: 'g++' },
  ],
  practice: [{ package: 'softhsm2', command: 'softhsm2-util' }],
  window: [
    // t64: renamed when Debian 13 and Ubuntu 24.04 went to 64-bit time.
    { package: 'libgtk-3-0', t64: true },
    { package: 'libnss3' },
    { package: 'libgbm1' },
    { package: 'libasound2', t64: true },
    { package: 'libsecret-1-0' },
    { package: 'xvfb', command: 'Xvfb' },
    { package: 'xauth', command: 'xauth' },
    { package: 'fonts-noto-cjk' },
  ],
  tests: [
    { package: 'opensc', command: 'pkcs11-tool' },
    { package: 'qpdf', command: 'qpdf' },
    { package: 'poppler-utils', command: 'pdfsig' },
    { package: 'ghostscript', command: 'gs' },
    { package: 'mupdf-tools', command: 'mutool' },
    { package: 'libpdfbox2-java' },
    { package: 'default-jre-headless', command: 'java' },
    { package: 'openssl', command: 'openssl' },
    { package: 'libengine-pkcs11-openssl' },
  ],
  bench: [{ package: 'libnss3-tools', command: 'certutil' }, { package: 'libbcpkix-java' }],
};

/** @typedef {keyof typeof NEEDS} Need */

/**
 * The names of packages that are wanted and not there. Linux only: an empty list elsewhere.
 * @param {Need[]} needs
 * @returns {Promise<string[]>}
 */
export async function missingPackages(needs) {
  if (process.platform !== 'linux') return [];
  const wanted = needs
    .flatMap((need) => NEEDS[need])
    .filter((entry) => !(entry.command && onPath(entry.command)))
    .map((entry) => (entry.t64 && hasTime64() ? `${entry.package}t64` : entry.package));
  if (wanted.length === 0) return [];
  if (!isDebian()) return wanted.filter((name) => !name.startsWith('lib') && !name.startsWith('fonts'));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own way to name fields
  const { output } = await attempt('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...wanted]);
  const installed = new Set(
    output
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return wanted.filter((name) => !installed.has(name));
}

const isDebian = () => existsSync('/etc/debian_version') && existsSync('/usr/bin/dpkg-query');

function hasTime64() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const id = /^ID="?([a-z]+)/m.exec(text)?.[1];
  const version = Number(/^VERSION_ID="?([\d.]+)/m.exec(text)?.[1] ?? 0);
  return (id === 'debian' && version >= 13) || (id === 'ubuntu' && version >= 24);
}

/**
 * Sees to the system packages as far as it can; what can't be installed is said in one line, and the work goes on.
 * @param {Need[]} needs
 * @returns {Promise<void>}
 */
export async function ensureSystem(needs) {
  if (process.platform !== 'linux') {
    if (needs.includes('practice') && !existsSync(softhsmElsewhere())) say(adviceElsewhere());
    return;
  }
  const missing = await missingPackages(needs);
  if (missing.length === 0) return;
  const line = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (!isDebian()) {
    say(
      `these programs are missing, by Debian's names: ${missing.join(' ')}; install them the way your system does`,
    );
    return;
  }
  if (process.getuid?.() !== 0) {
    say(`system packages are missing; to install them run: sudo ${line}`);
    return;
  }
  await step(`installing system packages (${missing.join(' ')})`, () => aptInstall(missing));
}

async function aptInstall(/** @type {string[]} */ names) {
  const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const install = ['install', '-y', '-q', '--no-install-recommends', ...wait, ...names];
  if (hasPackageLists() && (await attempt('apt-get', install, { env })).ok) return;
  // The lists are missing or older than the mirror; a set-up that was cut short may have left dpkg half-way.
  await attempt('dpkg', ['--configure', '-a'], { env });
  if (!(await attempt('apt-get', ['update', '-q', ...wait], { env })).ok)
    await run('apt-get', ['update', '-q', ...wait], { env });
  await run('apt-get', install, { env });
}

function hasPackageLists() {
  const lists = '/var/lib/apt/lists';
  return existsSync(lists) && readdirSync(lists).some((name) => name.includes('_Packages'));
}

function softhsmElsewhere() {
  if (process.platform === 'win32') return 'C:\\SoftHSM2\\lib\\softhsm2-x64.dll';
  return process.arch === 'arm64'
    ? '/opt/homebrew/lib/softhsm/libsofthsm2.so'
    : '/usr/local/lib/softhsm/libsofthsm2.so';
}

function adviceElsewhere() {
  if (process.platform === 'darwin')
    return 'the practice key needs SoftHSM; to install it run: brew install softhsm';
  return 'the practice key needs SoftHSM 2 for Windows in C:\\SoftHSM2; without it start with: npm start -- --real';
}
