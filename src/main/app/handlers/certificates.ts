import path from 'node:path';
import { z } from 'zod';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { OrdersClient } from '../../authority/index.ts';
import { holderName } from '../../certificates/index.ts';
import { certificateInFile, pemOf } from '../../holdings/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';
import { errorFields, log } from '../log.ts';
import { withPin } from '../pin-act.ts';
import { saveWhole } from '../save.ts';

/** The user's certificates: shown with what is known, and asked about afterwards. */
export function certificateHandlers(
  services: Services,
): HandlersOf<'certificates'> & HandlersOf<'authority'> {
  const { holdings, dialogs, store, practice, http } = services;

  return {
    'certificates.list': () => {
      void askStatus(services, null);
      return holdings.cards();
    },
    'certificates.refresh': ({ sha256 }) => holdings.refresh(sha256, true),
    'certificates.detail': ({ sha256 }) => holdings.detail(sha256),
    'certificates.export': async ({ sha256, format }) => {
      const [own, ...above] = await holdings.chain(sha256);
      if (!own) throw new YinkeyError('certificate.not-found', { id: sha256.slice(0, 16) });
      const name = holderName(own.subject)
        .replace(/[^\p{L}\p{N}.-]+/gu, '_')
        .slice(0, 60);
      const file = await dialogs.save('certificate', `${name}.${format === 'der' ? 'cer' : 'pem'}`);
      if (file === undefined) return null;
      await saveWhole(file, format === 'der' ? own.der : pemOf(format === 'chain' ? [own, ...above] : [own]));
      return { name: path.basename(file) };
    },
    'certificates.import': async ({ token }) => {
      const file = await dialogs.open('certificate');
      if (file === undefined) return null;
      const facts = await certificateInFile(file);
      const done = await withPin(services, 'import', token, (pinPort) =>
        holdings.import(token, facts, { pinPort: pinPort(), pinPortAgain: pinPort }),
      );
      await services.tokens.refresh();
      return done;
    },
    'certificates.remove': async ({ token, sha256, serialTyped }) => {
      holdings.checkSerial(sha256, serialTyped);
      await withPin(services, 'remove', token, (pinPort) =>
        holdings.remove(token, sha256, serialTyped, { pinPort: pinPort(), pinPortAgain: pinPort }),
      );
      await services.tokens.refresh();
    },
    'certificates.forget': ({ sha256 }) => holdings.forget(sha256),

    'authority.read': () => ({ url: authorityUrl(services), practice: practice !== undefined }),
    'authority.write': async ({ url }) => {
      const plain = url.trim();
      // Asked before it is kept; a server that takes no orders (plain CMP) answers with null, and is one all the same.
      if (plain !== '') await new OrdersClient({ url: plain, http }).catalogue();
      store.settings.set('authority.url', z.string(), plain);
      return { url: authorityUrl(services), practice: practice !== undefined };
    },
  };
}

/** Asks the authorities where no answer holds any more; what has changed is told when they have answered. */
export function askStatus(
  { holdings, tell }: Pick<Services, 'holdings' | 'tell'>,
  sha256: string | null,
): Promise<void> {
  return holdings.refresh(sha256, false).then(
    (cards) => tell('certificates.changed', cards),
    (error: unknown) => log.error('certificates.status', { error: errorFields(error) }),
  );
}

/** The authority that the user named, or the practice world's; '' for none. */
export function authorityUrl({ store, practice }: Pick<Services, 'store' | 'practice'>): string {
  return store.settings.get('authority.url', z.string()) || (practice?.authority?.url ?? '');
}
