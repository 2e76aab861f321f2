import { Icon, useTexts } from '../look/index.ts';
import type { CounterAct } from './journey.ts';

/** Where one stands on the way. */
export function Steps({
  act,
  at,
  running,
  handedOver,
  done,
}: {
  act: CounterAct;
  at: 'form' | 'hand';
  running: boolean;
  /** The holder has the keyboard. */
  handedOver: boolean;
  done: boolean;
}) {
  const { t } = useTexts();
  const so = act === 'so-pin.change';
  const words = so ? (['check', 'so', 'end'] as const) : (['check', 'so', 'hand', 'end'] as const);
  const now = done ? words.length - 1 : at === 'form' ? 0 : handedOver && !so ? 2 : 1;
  return (
    <ol className="steps" aria-label={t('care:support.stepsLabel')} data-running={running}>
      {words.map((word, index) => (
        <li
          key={word}
          className={index < now ? 'is-done' : index === now ? 'is-now' : undefined}
          aria-current={index === now ? 'step' : undefined}
        >
          <span className="dot">{index < now ? <Icon name="check" size="small" /> : index + 1}</span>
          {t(so ? `care:support.stepsSo.${word}` : `care:support.steps.${word}`)}
        </li>
      ))}
    </ol>
  );
}
