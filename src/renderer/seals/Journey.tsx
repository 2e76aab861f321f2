import { Icon, useTexts } from '../look/index.ts';

const journey = ['scan', 'check', 'make', 'bind'] as const;
export type JourneyStep = (typeof journey)[number];

/** The way from the ink on paper to the seal on the key; the same line in the capture and in the application. */
export function SealJourney({ at, done }: { at: JourneyStep; done?: boolean }) {
  const { t } = useTexts();
  const here = journey.indexOf(at);
  return (
    <ol className="steps seal-journey" aria-label={t('seals:mine.application.steps')}>
      {journey.map((step, index) => {
        const past = index < here || done === true;
        const now = index === here && !past;
        return (
          <li
            key={step}
            className={past ? 'is-done' : now ? 'is-now' : undefined}
            aria-current={now ? 'step' : undefined}
          >
            <span className="dot">{past ? <Icon name="check" size="small" /> : index + 1}</span>
            {t(`seals:mine.application.journey.${step}`)}
          </li>
        );
      })}
    </ol>
  );
}
