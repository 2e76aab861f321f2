import type { RenewalView } from '../../shared/domain/renewal.ts';
import { type Act, call, keepRenewal } from '../api/index.ts';
import type { Translate } from '../look/index.ts';

/** What the user can do with one renewal; each one shows the renewal as it then is. */
export interface RenewalActs {
  act: Act;
  check(): void;
  confirm(years: number | null): void;
  pay(): void;
  go(): void;
  stop(): void;
  end(): void;
  /** Ends it without its key, which is lost. */
  abandon(): void;
  removeOld(serialTyped: string): void;
  receipt(): void;
  /** Begins anew with the same certificate, after one that was refused or given up. */
  again(): void;
}

/** `act` runs what holds the page; `stopping` goes past it, because it is for what is under way. */
export function renewalActs(
  t: Translate,
  view: RenewalView,
  act: Act,
  stopping: Act,
  onOther: (id: string) => void,
): RenewalActs {
  const { id } = view;
  const shown = async (answer: Promise<RenewalView>) => {
    keepRenewal(await answer);
    return null;
  };
  return {
    act,
    check: () => void act.run('check', () => shown(call('renewal.check', { id }))),
    confirm: (years) => void act.run('confirm', () => shown(call('renewal.confirm', { id, years }))),
    pay: () => void act.run('pay', () => call('renewal.pay', { id }).then(() => null)),
    go: () => void act.run('go', () => shown(call('renewal.go', { id }))),
    stop: () => void stopping.run('stop', () => shown(call('renewal.stop', { id }))),
    end: () => void act.run('end', () => shown(call('renewal.end', { id }))),
    abandon: () => void act.run('abandon', () => shown(call('renewal.abandon', { id }))),
    removeOld: (serialTyped) =>
      void act.run('removeOld', async () => {
        keepRenewal(await call('renewal.removeOld', { id, serialTyped }));
        return t('renewal:done.removed');
      }),
    receipt: () =>
      void act.run('receipt', async () => {
        const saved = await call('renewal.receipt', { id });
        return saved && t('renewal:done.saved', { name: saved.name });
      }),
    again: () =>
      void act.run('again', async () => {
        const { token, old } = view;
        onOther(keepRenewal(await call('renewal.start', { token, sha256: old.sha256 })).id);
        return null;
      }),
  };
}
