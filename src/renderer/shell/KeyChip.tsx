import { Popover } from '@base-ui/react/popover';
import type { KeyInfo, KeysSnapshot } from '../../shared/domain/keys.ts';
import { useRenewals, useSnapshot } from '../api/index.ts';
import {
  Facts,
  formatDate,
  holderName,
  Icon,
  type IconName,
  pinSign,
  StateWord,
  type Tone,
  type Translate,
  useTexts,
} from '../look/index.ts';
import { useRouter } from './router.tsx';

interface ChipWords {
  label: string;
  serial: string;
  state: { tone: Tone; icon: IconName; word: string } | null;
}

/**
 * The words of the chip: one key by its name, several by their number, and the worst state among them. `inUse`: a
 * renewal is at work on this key, so that it must not be pulled.
 */
export function chipWords(
  t: Translate,
  snapshot: KeysSnapshot | null,
  inUse: (key: KeyInfo) => boolean = () => false,
): ChipWords {
  if (!snapshot || (snapshot.loading && snapshot.keys.length === 0)) {
    return { label: t('common:chip.looking'), serial: '', state: null };
  }
  const [first, ...others] = snapshot.keys;
  if (!first) return { label: t('common:chip.none'), serial: '', state: null };
  const stateOf = (key: KeyInfo) =>
    inUse(key)
      ? { tone: 'ink' as const, icon: 'renew' as const, word: t('common:chip.inUse') }
      : key.error
        ? { tone: 'warn' as const, icon: 'warn' as const, word: t('keys:trouble.short') }
        : wordOf(t, key);
  if (others.length === 0) {
    return { label: first.label || t('keys:unnamed'), serial: first.serial.slice(-4), state: stateOf(first) };
  }
  const label = t('common:chip.several', { count: snapshot.keys.length });
  const locked = snapshot.keys.filter((key) => key.pin.state === 'locked').length;
  if (locked > 0) {
    return {
      label,
      serial: '',
      state: { tone: 'warn', icon: 'lock', word: t('common:chip.locked', { count: locked }) },
    };
  }
  const care = snapshot.keys.find(inUse) ?? snapshot.keys.find((key) => key.error || key.pin.state !== 'ok');
  return { label, serial: '', state: stateOf(care ?? first) };
}

function wordOf(t: Translate, key: KeyInfo): { tone: Tone; icon: IconName; word: string } {
  return { ...pinSign(key.pin.state), word: t(`keys:pin.${key.pin.state}.word`) };
}

/** Always at the top right: which key is plugged and how it is. A click shows its card. */
export function KeyChip() {
  const { t } = useTexts();
  const { snapshot } = useSnapshot();
  const router = useRouter();
  const { views } = useRenewals();
  const words = chipWords(
    t,
    snapshot,
    (key) =>
      views?.some(
        ({ progress, token }) =>
          progress?.holdKey &&
          token.serial === key.serial &&
          token.module === key.module &&
          token.label === key.label,
      ) ?? false,
  );
  const keys = snapshot?.keys ?? [];
  const name = [
    words.label,
    words.serial && t('common:chip.serial', { last: words.serial }),
    words.state?.word,
  ];
  return (
    <Popover.Root>
      <Popover.Trigger
        className={words.state ? 'chip' : 'chip grey'}
        aria-label={t('common:chip.name', { what: name.filter(Boolean).join(t('common:comma')) })}
      >
        <Icon name="usb" />
        <span className="chip-label">{words.label}</span>
        {words.serial && <span className="serial">{words.serial}</span>}
        {words.state && (
          <StateWord tone={words.state.tone} icon={words.state.icon} small>
            {words.state.word}
          </StateWord>
        )}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={8} align="end" className="layer">
          <Popover.Popup className="popover" aria-label={t('common:chip.card')}>
            {keys.length === 0 && <p>{t('common:chip.noneText')}</p>}
            {keys.map((key) => (
              <section key={key.key} className="chip-key">
                <h2>{key.label || t('keys:unnamed')}</h2>
                <StateWord {...pinSign(key.pin.state)} small>
                  {t(`keys:pin.${key.pin.state}.word`)}
                </StateWord>
                <Facts
                  small
                  rows={[
                    [t('keys:fact.serial'), key.serial || t('common:unknown')],
                    ...key.certificates
                      .filter((certificate) => !certificate.isCa)
                      .slice(0, 3)
                      .map(
                        (certificate, index) =>
                          [
                            index === 0 ? t('keys:fact.certificate') : '\u00a0'.repeat(index),
                            t('common:chip.until', {
                              holder: holderName(certificate),
                              date: formatDate(certificate.notAfter),
                            }),
                          ] as const,
                      ),
                  ]}
                />
              </section>
            ))}
            <Popover.Close className="btn btn-small" onClick={() => router.go('keys')}>
              {t('common:chip.toKeys')}
            </Popover.Close>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
