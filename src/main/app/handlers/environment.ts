import path from 'node:path';
import type { Environment } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { checkEnvironment, toldTime } from '../../doctor/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';
import { saveWhole } from '../save.ts';
import { authorityUrl } from './certificates.ts';

/** How long an authority may take to tell the time, in milliseconds. */
const deadlineMillis = 2500;

/** The environment check, and the one file of it for the hotline. */
export function environmentHandlers(
  services: Services,
): Pick<HandlersOf<'app'>, 'app.environment' | 'app.saveEnvironment'> {
  const { tokens, audit, store, notices, practice, trust, userData, dialogs, http } = services;
  let last: Environment | undefined;
  return {
    'app.environment': async () => {
      const authority = authorityUrl(services);
      const unreadable: string[] = [];
      const roots = await trust.roots((name) => unreadable.push(name));
      last = await checkEnvironment({
        snapshot: tokens.refresh(),
        slots: (module) => tokens.slots(module),
        time: authority === '' ? undefined : () => toldTime(http, authority, { deadlineMillis }),
        storeNotice: notices.find(({ code }) => code.startsWith('store.')) ?? null,
        audit: { verify: () => audit.verifyGently(), list: (count) => audit.list(count) },
        journal: store.care.list(),
        roots: { count: roots.length, unreadable: unreadable.length },
        folder: userData,
        practice: practice !== undefined,
      });
      return last;
    },
    'app.saveEnvironment': async () => {
      if (!last) throw new YinkeyError('request.refused', {});
      const file = await dialogs.save('environment', `yinkey-environment-${last.at.slice(0, 10)}.json`);
      if (file === undefined) return null;
      await saveWhole(file, `${JSON.stringify(last, null, 2)}\n`);
      return { name: path.basename(file) };
    },
  };
}
