import type { SealApplicationView } from '../../../shared/domain/index.ts';
import { Button, Empty, useTexts } from '../../look/index.ts';
import { TopTitle } from '../../shell/index.ts';

export interface CaptureScreenProps {
  /** The application that is made again after a refusal: its data are filled in. Null: a new one. */
  again: SealApplicationView | null;
  /** Back to "my seals". */
  onClose: () => void;
  /** An application was made (draft, or sent); "my seals" shows it from here on. */
  onApplied: (view: SealApplicationView) => void;
}

/** From the scan of an impression to an application for a seal. */
export function CaptureScreen({ onClose }: CaptureScreenProps) {
  const { t } = useTexts();
  return (
    <>
      <TopTitle title={t('seals:mine.collect')} />
      <div className="body is-single">
        <main className="stage" id="main" data-pane="stage" tabIndex={-1}>
          <Empty
            title={t('seals:mine.collect')}
            icon="stamp"
            actions={<Button onClick={onClose}>{t('common:cancel')}</Button>}
          >
            <p>{t('seals:mine.empty.hint')}</p>
          </Empty>
        </main>
      </div>
    </>
  );
}
