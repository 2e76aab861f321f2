import './steps.css';
import type { SealStep } from '../../../shared/domain/index.ts';
import { Icon, useTexts } from '../../look/index.ts';
import { reasonKey, stepSigns } from './standing.ts';

/** What was looked at when a seal was verified, each with its state and why. */
export function StepList({ steps }: { steps: readonly SealStep[] }) {
  const { t } = useTexts();
  return (
    <ol className="seal-steps">
      {steps.map((step) => {
        const { tone, icon } = stepSigns[step.state];
        return (
          <li key={step.step} data-step={step.step} data-state={step.state}>
            <Icon name={icon} size="small" className={tone} />
            <b>
              <span className="out-of-sight">{t(`seals:mine.steps.state.${step.state}`)}</span>
              {t(`seals:mine.step.${step.step}`)}
            </b>
            <span className={step.state === 'failed' ? undefined : 'grey'}>
              {t(`seals:${reasonKey(step)}`, { defaultValue: step.reason })}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
