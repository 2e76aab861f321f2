import type { PinPurpose } from '../../shared/contract/index.ts';
import type { TokenId } from '../../shared/domain/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import type { Services } from './context.ts';
import { PinTalk } from './pin-talk.ts';

/** What the PIN window says of a key: its label, and whose certificate is on it. */
export function purposeFor(
  { tokens, settings }: Pick<Services, 'tokens' | 'settings'>,
  purpose: PinPurpose['purpose'],
  token: Pick<TokenId, 'serial' | 'label'>,
): PinPurpose {
  const key = tokens
    .snapshot()
    .keys.find(({ serial, label }) => serial === token.serial && label === token.label);
  const owner = key?.certificates.find(({ isCa }) => !isCa);
  return {
    purpose,
    document: '',
    seal: '',
    tokenLabel: token.label,
    tokenSerial: token.serial,
    holder: owner?.holder ?? '',
    unit: owner?.unit ?? '',
    ...settings.read(),
  };
}

/**
 * One act for which a key may ask for its PIN more than once: `pinPort` opens a window each time. The windows close when
 * the act is over; one that tells of trouble stays until that was read. `talks` holds those that are open.
 */
export async function withPin<T>(
  services: Pick<Services, 'tokens' | 'settings' | 'pins'>,
  purpose: PinPurpose['purpose'],
  token: TokenId,
  act: (pinPort: () => Port) => Promise<T>,
  talks = new Set<PinTalk>(),
): Promise<T> {
  const mine: PinTalk[] = [];
  try {
    return await act(() => {
      const talk = new PinTalk(services.pins);
      mine.push(talk);
      talks.add(talk);
      return talk.open(purposeFor(services, purpose, token));
    });
  } catch (error) {
    for (const talk of mine) talk.failed(error);
    throw error;
  } finally {
    for (const talk of mine) {
      talk.end();
      talks.delete(talk);
    }
  }
}
