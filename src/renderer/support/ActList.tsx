import { Button, Icon, type IconName, useTexts } from '../look/index.ts';
import { actsFor, type Chosen, type CounterAct } from './journey.ts';

const about: Record<CounterAct, { name: 'unlock' | 'initialise' | 'changeSo'; icon: IconName }> = {
  'token.unlock': { name: 'unlock', icon: 'lock' },
  'so-pin.change': { name: 'changeSo', icon: 'pin' },
  'token.initialise': { name: 'initialise', icon: 'renew' },
};

/** What can be done with the key, each in one sentence with what it costs. */
export function ActList({ chosen, onAct }: { chosen: Chosen; onAct: (act: CounterAct) => void }) {
  const { t } = useTexts();
  const acts = actsFor(chosen);
  const state = chosen.kind === 'key' ? chosen.info.pin.state : null;
  const needed = state === 'locked' || state === 'not-set' ? 'token.unlock' : null;
  if (acts.length === 0) {
    return (
      <p className="card with-icon">
        <Icon name="warn" className="warn" />
        <span>{t('care:support.soLocked')}</span>
      </p>
    );
  }
  return (
    <section className="acts-list" aria-labelledby="acts-head">
      <h3 id="acts-head">{t('care:support.can')}</h3>
      <ul>
        {acts.map((act) => {
          const { name, icon } = about[act];
          return (
            <li key={act} data-testid={`act-${act}`}>
              <Icon name={icon} />
              <div>
                <h4>{t(`care:support.${name}.title`)}</h4>
                <p className="note">{t(`care:support.${name}.text`)}</p>
              </div>
              <Button kind={act === needed ? 'main' : 'plain'} onClick={() => onAct(act)}>
                {t(
                  name === 'unlock' && state === 'not-set'
                    ? 'care:support.unlock.first'
                    : `care:support.${name}.go`,
                )}
              </Button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
