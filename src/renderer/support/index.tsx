import './support.css';
import { useEffect, useState } from 'react';
import { useSnapshot } from '../api/index.ts';
import { Icon, pinSign, StateWord, serialParts, useTexts } from '../look/index.ts';
import { TopTitle, useRouter } from '../shell/index.ts';
import { CounterStage } from './CounterStage.tsx';
import { EnvironmentStage } from './EnvironmentStage.tsx';
import { proposed } from './journey.ts';

/** The counter: which key, how it is, what can be done with it; and how this computer is. */
export default function SupportScreen() {
  const { t } = useTexts();
  const { snapshot } = useSnapshot();
  const { intent, taken } = useRouter();
  const [picked, setPicked] = useState<{ place: 'key'; key: string } | { place: 'computer' } | null>(null);
  /** An act is under way: the key stays chosen, whatever is plugged meanwhile. */
  const [held, setHeld] = useState<string | null>(null);
  useEffect(() => {
    if (intent?.type !== 'care') return;
    setPicked({ place: 'key', key: intent.key });
    taken();
  }, [intent, taken]);

  const keys = snapshot?.keys ?? [];
  const blanks = snapshot?.blanks ?? [];
  const there = (key: string) => [...keys, ...blanks].some((one) => one.key === key);
  const wish = picked?.place === 'key' && there(picked.key) ? picked.key : proposed(snapshot);
  const chosen = picked?.place === 'computer' ? null : (held ?? wish);
  const computer = chosen === null;
  const busy = held !== null;

  return (
    <>
      <TopTitle title={t('common:rail.support')} note={computer ? t('care:environment.title') : null} />
      <div className="body counter">
        <nav className="case" aria-label={t('care:support.keys')} data-pane="list">
          <h2>{t('care:support.keys')}</h2>
          {keys.length + blanks.length === 0 && <p className="note">{t('care:support.none')}</p>}
          <ul className="case-keys">
            {keys.map((key) => (
              <li key={key.key}>
                <button
                  type="button"
                  data-testid="case-key"
                  aria-current={chosen === key.key}
                  disabled={busy && chosen !== key.key}
                  onClick={() => setPicked({ place: 'key', key: key.key })}
                >
                  <b>{key.label || t('keys:unnamed')}</b>
                  <span className="note">
                    {[key.manufacturer, key.model].filter(Boolean).join(' ')} · {serialParts(key.serial).last}
                  </span>
                  <StateWord {...pinSign(key.pin.state)} small>
                    {t(`keys:pin.${key.pin.state}.word`)}
                  </StateWord>
                </button>
              </li>
            ))}
            {blanks.map((key) => (
              <li key={key.key}>
                <button
                  type="button"
                  data-testid="case-blank"
                  aria-current={chosen === key.key}
                  disabled={busy && chosen !== key.key}
                  onClick={() => setPicked({ place: 'key', key: key.key })}
                >
                  <b>{t('care:support.blank')}</b>
                  <span className="note">
                    {[key.manufacturer, key.model].filter(Boolean).join(' ')} ·{' '}
                    {key.serial
                      ? serialParts(key.serial).last
                      : t('care:support.blankSlot', { slot: key.slot })}
                  </span>
                </button>
              </li>
            ))}
          </ul>
          <hr className="rule" />
          <h2>{t('care:support.computer')}</h2>
          <ul className="case-keys">
            <li>
              <button
                type="button"
                data-testid="case-computer"
                aria-current={computer}
                disabled={busy}
                onClick={() => setPicked({ place: 'computer' })}
              >
                <b className="with-icon">
                  <Icon name="health" size="small" />
                  {t('care:environment.title')}
                </b>
              </button>
            </li>
          </ul>
        </nav>
        {computer ? <EnvironmentStage /> : <CounterStage key={chosen} chosenKey={chosen} onHold={setHeld} />}
      </div>
    </>
  );
}
