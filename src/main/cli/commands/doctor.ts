import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { version } from '../../../shared/version.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import type { Services } from '../services.ts';

interface Finding {
  check: 'drivers' | 'keys' | 'store' | 'audit' | 'trust';
  ok: boolean;
  facts: Record<string, string | number | boolean | null>[];
}

/**
 * The environment check for support: drivers, keys, own data. Redacted by construction: of a key only its maker,
 * model, PIN state and the last four of its serial number; of a driver its file name; no holder, no path, no PIN.
 */
export async function doctor(
  services: Services,
  options: CommonOptions,
  language: Language,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const program = {
    version,
    platform: process.platform,
    architecture: process.arch,
    node: process.versions.node,
    electron: process.versions.electron ?? null,
  };
  const findings = [
    ...(await tokenFindings(services, options.module)),
    ...(await storeFindings(services)),
    await trustFinding(services),
  ];
  return {
    json: { program, findings },
    lines: [
      t('cli:doctor.check.program', program),
      ...findings.flatMap(({ check, ok, facts }) => [
        `${t(`cli:doctor.check.${check}`)}: ${t(ok ? 'cli:doctor.ok' : 'cli:doctor.trouble')}`,
        ...facts.map((fact) => `  ${Object.values(fact).join('  ')}`),
      ]),
    ],
    exit: findings.every(({ ok }) => ok) ? exitCodes.done : exitCodes.refused,
  };
}

async function tokenFindings(services: Services, module: string | undefined): Promise<Finding[]> {
  const { modules, keys } = (await services.keys(module)).snapshot;
  return [
    {
      check: 'drivers',
      ok: modules.some(({ state }) => state === 'ready') && modules.every(({ error }) => error === null),
      facts: modules.map(({ name, state, version, error }) => ({
        name,
        state,
        version,
        error: error?.code ?? null,
      })),
    },
    {
      check: 'keys',
      ok: keys.length > 0 && keys.every(({ error, pin }) => error === null && pin.state === 'ok'),
      facts: keys.map(({ manufacturer, model, serial, pin, certificates, error }) => ({
        manufacturer,
        model,
        serial: `…${serial.slice(-4)}`,
        pin: pin.state,
        certificates: certificates.length,
        error: error?.code ?? null,
      })),
    },
  ];
}

async function storeFindings(services: Services): Promise<Finding[]> {
  const { audit, notice } = await services.store();
  const verdict = audit.verify();
  return [
    { check: 'store', ok: notice === null, facts: notice ? [{ code: notice.code }] : [] },
    {
      check: 'audit',
      ok: verdict.ok,
      facts: [
        verdict.ok ? { entries: verdict.entries } : { entry: verdict.firstBroken, reason: verdict.reason },
      ],
    },
  ];
}

async function trustFinding(services: Services): Promise<Finding> {
  const unreadable: string[] = [];
  const roots = await services.roots((name) => unreadable.push(name));
  return {
    check: 'trust',
    ok: roots.length > 0 && unreadable.length === 0,
    facts: [{ certificates: roots.length }, ...unreadable.map((file) => ({ unreadable: file }))],
  };
}
