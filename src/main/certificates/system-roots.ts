import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { CertificateFacts } from './parse.ts';
import { parsePemCertificates } from './trust.ts';

/** Where Linux distributions keep their bundle. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const run = promisify(execFile);
const limits = { timeout: 10_000, maxBuffer: 16 << 20 };

/** Windows tells its roots through PowerShell. */
const windowsRoots =
  "Get-ChildItem Cert:\\LocalMachine\\Root | ForEach-Object { '-----BEGIN CERTIFICATE-----'; [Convert]::ToBase64String($_.RawData, 'InsertLineBreaks'); '-----END CERTIFICATE-----' }";

/** The operating system's roots; none where it does not tell them. A certificate that can't be read is left out. */
export async function systemRoots(platform: NodeJS.Platform = process.platform): Promise<CertificateFacts[]> {
  const pem = await bundleOf(platform).catch(() => '');
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return parsePemCertificates(block);
    } catch {
      return [];
    }
  });
}

async function bundleOf(platform: NodeJS.Platform): Promise<string> {
  if (platform === 'win32') {
    const args = ['-NoProfile', '-NonInteractive', '-Command', windowsRoots];
    return (await run('powershell.exe', args, limits)).stdout;
  }
  if (platform === 'darwin') {
    const keychain = '/System/Library/Keychains/SystemRootCertificates.keychain';
    return (await run('/usr/bin/security', ['find-certificate', '-a', '-p', keychain], limits)).stdout;
  }
  for (const file of bundles) {
    const text = await readFile(file, 'latin1').catch(() => '');
    if (text !== '') return text;
  }
  return '';
}
