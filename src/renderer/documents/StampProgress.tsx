import { Dialog as Base } from '@base-ui/react/dialog';
import { Button, Icon, useTexts } from '../look/index.ts';
import { useAnnounceChanges } from '../shell/index.ts';
import type { Progress, StampStep } from './use-job.ts';

const steps: readonly StampStep[] = ['preparing', 'pin', 'token', 'checking', 'saving'];
/** From the moment the key signs there is nothing to stop any more. */
const stoppable: ReadonlySet<StampStep> = new Set(['preparing', 'pin']);

/** While a document is stamped: what is being done, how far, what not to do now, and the way back while there is one. */
export function StampProgress({ progress, onCancel }: { progress: Progress; onCancel: () => void }) {
  const { t } = useTexts();
  const at = steps.indexOf(progress.step);
  const say = t(`documents:progress.${progress.step}.say`);
  useAnnounceChanges(say);
  const canStop = stoppable.has(progress.step);
  return (
    <Base.Root
      open
      disablePointerDismissal
      onOpenChange={(open) => {
        if (!open && canStop) onCancel();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className="dialog-scrim" />
        <Base.Popup
          className={progress.step === 'pin' ? 'dialog stamping is-aside' : 'dialog stamping'}
          data-testid="stamping"
          data-step={progress.step}
        >
          <header>
            <Base.Title>{t('documents:progress.title')}</Base.Title>
          </header>
          <div className="dialog-body">
            <ol className="steps">
              {steps.map((step, index) => (
                <li
                  key={step}
                  className={index < at ? 'is-done' : index === at ? 'is-now' : undefined}
                  aria-current={index === at ? 'step' : undefined}
                >
                  <span className="dot">{index < at ? <Icon name="check" size="small" /> : index + 1}</span>
                  {t(`documents:progress.${step}.word`)}
                </li>
              ))}
            </ol>
            <div className="stamping-say">
              <p className="lead">{say}</p>
              <p className="note">{t(`documents:progress.${progress.step}.note`)}</p>
            </div>
            <progress
              className="bar"
              aria-label={say}
              max={1}
              {...(progress.share === null ? {} : { value: progress.share })}
            />
          </div>
          <footer>
            <Button onClick={onCancel} disabled={!canStop}>
              {t('documents:progress.cancel')}
            </Button>
          </footer>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
