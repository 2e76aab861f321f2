import type { KeysSnapshot } from '../../../shared/domain/index.ts';
import { fromWireError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import type { Services } from '../services.ts';

/** What is plugged in, with PIN state and certificates. */
export async function listKeys(
  services: Services,
  options: CommonOptions,
  language: Language,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const { snapshot } = await services.keys(options.module);
  failIfBlind(snapshot, options.module);
  return {
    json: snapshot.keys.map(({ key: _, pin, ...rest }) => ({ ...rest, pin })),
    lines: snapshot.keys.flatMap((key) => [
      `${key.label}  ${key.serial}  ${key.manufacturer} ${key.model}  ${t(`keys:pin.${key.pin.state}.word`)}`,
      ...key.certificates.map(
        (one) =>
          `  ${one.id}  ${one.holder}  ${one.keyType}  ${one.notAfter.slice(0, 10)}  ${t('cli:daysLeft', { count: one.daysLeft })}`,
      ),
    ]),
    exit: exitCodes.done,
  };
}

/** All certificates of all keys, soonest end first. */
export async function listCertificates(
  services: Services,
  options: CommonOptions,
  language: Language,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const { snapshot } = await services.keys(options.module);
  failIfBlind(snapshot, options.module);
  const all = certificatesOf(snapshot);
  return {
    json: all,
    lines: all.map(
      (one) =>
        `${one.id}  ${one.holder}  ${one.keyType}  ${one.notAfter.slice(0, 10)}  ${t('cli:daysLeft', { count: one.daysLeft })}  ${one.token.label}`,
    ),
    exit: exitCodes.done,
  };
}

function certificatesOf(snapshot: KeysSnapshot) {
  return snapshot.keys
    .flatMap((key) =>
      key.certificates.map((one) => ({
        ...one,
        token: { label: key.label, serial: key.serial, module: key.module },
      })),
    )
    .sort((a, b) => a.daysLeft - b.daysLeft);
}

/** A driver that was named and doesn't work is the answer; without one, what could be read is. */
function failIfBlind(snapshot: KeysSnapshot, module: string | undefined): void {
  const trouble = snapshot.modules.find(
    ({ error, state }) => error !== null && state !== 'not-agreed',
  )?.error;
  if (module !== undefined && trouble && snapshot.keys.length === 0) throw fromWireError(trouble);
}
