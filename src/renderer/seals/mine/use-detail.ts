import { useEffect, useState } from 'react';
import type { ChannelOutput } from '../../../shared/contract/channels.ts';
import type { SealCard } from '../../../shared/domain/index.ts';
import { call } from '../../api/index.ts';

type SealDetail = ChannelOutput<'seals.detail'>;

/** What more there is to a seal; read anew when the seal or its verification is another, or when it was used again. */
export function useSealDetail(card: SealCard): { detail: SealDetail | null; error: unknown } {
  const [state, setState] = useState<{ detail: SealDetail | null; error: unknown }>({
    detail: null,
    error: null,
  });
  const { id, sha256, uses } = card;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another object or another use is another detail
  useEffect(() => {
    let wanted = true;
    call('seals.detail', { id }).then(
      (detail) => wanted && setState({ detail, error: null }),
      (error: unknown) => wanted && setState({ detail: null, error }),
    );
    return () => {
      wanted = false;
    };
  }, [id, sha256, uses.count]);
  return state;
}
