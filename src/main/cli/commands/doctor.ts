import { z } from 'zod';
import { environmentLine } from '../../../shared/i18n/environment.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { checkEnvironment, toldTime } from '../../doctor/index.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import type { Services } from '../services.ts';
import { dataFolder } from '../world.ts';

/** How long an authority may take to tell the time, in milliseconds. */
const deadlineMillis = 2500;

/** The environment check for support, as the window shows it. Refused (1) when something is in trouble. */
export async function doctor(
  services: Services,
  options: CommonOptions,
  language: Language,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const { store, audit, notice } = await services.store();
  const unreadable: string[] = [];
  const roots = await services.roots((name) => unreadable.push(name));
  const authority =
    store.settings.get('authority.url', z.string()) || (services.practice?.authority?.url ?? '');
  const { tokens, snapshot } = await services.keys(options.module);
  const environment = await checkEnvironment({
    snapshot,
    slots: (module) => tokens.slots(module),
    time: authority === '' ? undefined : () => toldTime(services.http, authority, { deadlineMillis }),
    storeNotice: notice,
    audit,
    journal: store.care.list(),
    roots: { count: roots.length, unreadable: unreadable.length },
    folder: dataFolder(process.env, services.practice),
    practice: services.practice !== undefined,
  });
  return {
    json: environment,
    lines: environment.findings.flatMap(({ check, state, next, facts }) => [
      `${t(`care:environment.check.${check}`)}: ${t(`care:environment.state.${state}`)}`,
      ...facts.map((fact) => `  ${environmentLine((key, values) => t(key, values ?? {}), fact)}`),
      ...(next ? [`  -> ${t(`care:environment.next.${next}`)}`] : []),
    ]),
    exit: environment.findings.some(({ state }) => state === 'trouble') ? exitCodes.refused : exitCodes.done,
  };
}
