import { z } from 'zod';
import type { TrustAnchor } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { type Anchor, type CertificateFacts, holderName } from '../certificates/index.ts';
import { certificateInFile } from '../holdings/index.ts';
import type { Store } from '../store/index.ts';
import type { HandlersOf } from './calls.ts';
import type { Services } from './context.ts';

/** Whether the operating system's roots count too: the user's decision, no by default. */
export const usesSystemRoots = (store: Store): boolean =>
  store.settings.get('trust.system', z.boolean()) ?? false;

/** The trust list, for the window: what is trusted, and why; nothing is added before its fingerprint was shown. */
export function trustHandlers(services: Services): HandlersOf<'trust'> {
  const { trust, dialogs, store, audit } = services;
  /** Shown to the user, and not yet trusted. */
  let chosen: CertificateFacts | undefined;
  const list = async () => (await trust.anchors()).map(shown);
  const record = (
    act: 'trust.add' | 'trust.remove',
    facts: Pick<CertificateFacts, 'sha256'>,
    subject: string,
  ) =>
    audit.append({
      act,
      subject,
      token: null,
      certificateSha256: facts.sha256,
      documentIn: null,
      documentOut: null,
      result: 'ok',
    });
  return {
    'trust.list': list,
    'trust.choose': async () => {
      const file = await dialogs.open('certificate');
      if (file === undefined) return null;
      chosen = await certificateInFile(file);
      if (!chosen.isCa) throw new YinkeyError('trust.not-an-authority', { name: holderName(chosen.subject) });
      return shown({ facts: chosen, source: 'own' });
    },
    'trust.confirm': async ({ sha256 }) => {
      // Only what was just chosen and shown: a page can't slip another one in.
      if (chosen?.sha256 !== sha256) throw new YinkeyError('request.refused', {});
      await trust.add(chosen);
      record('trust.add', chosen, holderName(chosen.subject).slice(0, 200));
      chosen = undefined;
      return list();
    },
    'trust.remove': async ({ sha256 }) => {
      await trust.remove(sha256);
      record('trust.remove', { sha256 }, '');
      return list();
    },
    'trust.useSystem': ({ use }) => {
      store.settings.set('trust.system', z.boolean(), use);
      return list();
    },
  };
}

function shown({ facts, source }: Anchor): TrustAnchor {
  return {
    sha256: facts.sha256,
    name: holderName(facts.subject),
    subject: facts.subject.text,
    notBefore: facts.notBefore.toISOString(),
    notAfter: facts.notAfter.toISOString(),
    source,
  };
}
