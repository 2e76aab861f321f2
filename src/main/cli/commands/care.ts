import { userInfo } from 'node:os';
import type { CareCase, CareResult, KeysSnapshot, TokenId } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { type CareOptions, KeyCare } from '../../unlock/index.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import { answerPin } from '../pin.ts';
import type { Services } from '../services.ts';
import { chooseKey } from './choose-key.ts';

export interface CareCommandOptions extends CommonOptions {
  token?: string;
  pinFd?: number;
  newPinFd?: number;
  soPinFd?: number;
  newSoPinFd?: number;
  lastTry?: boolean;
  reason?: string;
  reference?: string;
  staff?: string;
}

/** The state of both PINs of each key, as the key tells it, and the blank keys. */
export async function pinStatus(
  services: Services,
  options: CareCommandOptions,
  language: Language,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const { snapshot } = await services.keys(options.module);
  const keys =
    options.token === undefined && snapshot.keys.length !== 1
      ? snapshot.keys
      : [chooseKey(snapshot, options.token)];
  const { journal } = await careOf(services, options);
  const open = journal.filter(({ state }) => state === 'started' || state === 'unknown');
  return {
    json: {
      keys: keys.map(({ label, serial, module, manufacturer, model, pin }) => ({
        label,
        serial,
        module,
        manufacturer,
        model,
        pin,
      })),
      blanks: snapshot.blanks,
      open,
    },
    lines: [
      ...keys.map(({ label, serial, pin }) =>
        [
          label,
          serial,
          `PIN: ${t(`keys:pin.${pin.state}.word`)}`,
          `${t('cli:care.so')}: ${t(`keys:pin.${pin.soState}.word`)}`,
        ].join('  '),
      ),
      ...snapshot.blanks.map(({ slot, model, serial }) => t('cli:care.blank', { slot, model, serial })),
      ...open.map(({ id, act, token, startedAt }) =>
        t('cli:care.open', { id, act: t(`cli:care.act.${act}`), label: token.label, at: startedAt }),
      ),
    ],
    exit: exitCodes.done,
  };
}

/** The holder's old PIN, then a new one. */
export function changePin(services: Services, options: CareCommandOptions, language: Language) {
  return act(services, options, language, (care, { snapshot }, with_) =>
    care.changePin(tokenOf(snapshot, options.token), with_),
  );
}

/** The SO PIN by the staff, then the holder's new PIN. */
export function unlockKey(services: Services, options: CareCommandOptions, language: Language) {
  return act(services, options, language, (care, { snapshot }, with_) =>
    care.unlock(tokenOf(snapshot, options.token), caseOf(options), with_),
  );
}

/** The old SO PIN, then the new one. */
export function changeSoPin(services: Services, options: CareCommandOptions, language: Language) {
  return act(services, options, language, (care, { snapshot }, with_) =>
    care.changeSoPin(tokenOf(snapshot, options.token), caseOf(options), with_),
  );
}

/** Tries one candidate of an interrupted change of the SO PIN, once. */
export function settleSoPin(
  services: Services,
  id: string,
  options: CareCommandOptions & { candidate: 'old' | 'new' },
  language: Language,
) {
  return act(services, options, language, (care, _, with_) => care.settleSoPin(id, options.candidate, with_));
}

/** Makes a blank key, or with --token one that is destroyed by it, into a new one. */
export function initialiseKey(
  services: Services,
  options: CareCommandOptions & { label: string; slot?: number; erase?: string },
  language: Language,
) {
  return act(services, options, language, (care, { snapshot }, with_) => {
    const target =
      options.token === undefined
        ? { blank: chooseBlank(snapshot, options.slot) }
        : { token: tokenOf(snapshot, options.token) };
    const request = {
      target,
      label: options.label,
      serialTyped: options.erase ?? null,
      case: caseOf(options),
    };
    return care.initialise(request, with_);
  });
}

function tokenOf(snapshot: KeysSnapshot, serial: string | undefined): TokenId {
  const { module, serial: found, label } = chooseKey(snapshot, serial);
  return { module, serial: found, label };
}

/** The only blank key, or the one in that slot. */
function chooseBlank(snapshot: KeysSnapshot, slot: number | undefined): string {
  const fitting = snapshot.blanks.filter((each) => slot === undefined || each.slot === slot);
  const [blank, ...others] = fitting;
  if (!blank) throw new YinkeyError('token.none');
  if (others.length > 0) throw new YinkeyError('usage', { what: '--slot' });
  return blank.key;
}

/** Who does it and why; what was not said is the system's user and the plain word. */
function caseOf(options: CareCommandOptions): CareCase {
  const cut = (text: string, most: number) => text.trim().slice(0, most);
  return {
    reason: cut(options.reason ?? '', 200) || 'command line',
    reference: cut(options.reference ?? '', 100),
    staff: cut(options.staff ?? '', 100) || userInfo().username,
  };
}

async function careOf(services: Services, options: CommonOptions) {
  const { store, audit } = await services.store();
  const { tokens, snapshot } = await services.keys(options.module);
  const care = new KeyCare({ tokens, audit, journal: store.care });
  return { care, snapshot, journal: care.journal() };
}

async function act(
  services: Services,
  options: CareCommandOptions,
  language: Language,
  work: (care: KeyCare, seen: { snapshot: KeysSnapshot }, options: CareOptions) => Promise<CareResult>,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const { care, snapshot } = await careOf(services, options);
  let pin: ReturnType<typeof answerPin> | undefined;
  const result = await work(
    care,
    { snapshot },
    {
      pinPort: () => {
        const [hostEnd, ownEnd] = services.hosts.channel();
        pin = answerPin(ownEnd, {
          fds: {
            pin: options.pinFd,
            'new-pin': options.newPinFd,
            'so-pin': options.soPinFd,
            'new-so-pin': options.newSoPinFd,
          },
          lastTryAgreed: options.lastTry ?? false,
          language,
        });
        return hostEnd;
      },
    },
  ).catch((error: unknown) => {
    throw pin?.failure() ?? error;
  });
  const { label, serial } = result.token;
  const states = (of: CareResult['before']) => ({
    user: t(`keys:pin.${of.user}.word`),
    so: t(`keys:pin.${of.so}.word`),
  });
  return {
    json: { ...result, tokenMillis: Math.round(result.tokenMillis * 10) / 10 },
    lines: [
      t(`cli:care.done.${result.act}`, { label, serial }),
      t('cli:care.before', states(result.before)),
      t('cli:care.after', states(result.after)),
    ],
    exit: exitCodes.done,
  };
}
