import { type DragEvent, useState } from 'react';
import { Button, Icon, useTexts } from '../../look/index.ts';
import { Hints } from './dialogs.tsx';
import { ScanTrouble } from './ScanTrouble.tsx';
import type { Capture } from './use-capture.ts';

/** No scan yet: how to make one, and two ways to bring it. */
export function Start({ capture }: { capture: Capture }) {
  const { t } = useTexts();
  const drop = useDrop(capture);
  return (
    <div className="cap-start" aria-busy={capture.opening}>
      <section
        className={drop.over ? 'cap-drop is-over' : 'cap-drop'}
        aria-label={t('seals:capture.start.title')}
        {...drop.on}
        data-testid="capture-drop"
      >
        <Icon name="stamp" className="cap-sign" />
        <h2>{t(capture.opening ? 'seals:capture.start.reading' : 'seals:capture.start.title')}</h2>
        <p className="note" role="status">
          {t(capture.opening ? 'seals:capture.start.readingText' : 'seals:capture.start.text')}
        </p>
        <Button kind="main" disabled={capture.opening} onClick={capture.choose} data-testid="capture-choose">
          {t(capture.opening ? 'common:wait' : 'seals:capture.start.choose')}
        </Button>
        <p className="note">{t('seals:capture.start.formats')}</p>
      </section>
      {capture.error !== null && <ScanTrouble error={capture.error} />}
      <section className="cap-how">
        <h3>{t('seals:capture.start.how')}</h3>
        <Hints />
      </section>
    </div>
  );
}

/** A scan can be dropped on the stage at any time. */
export function useDrop(capture: Capture) {
  const [over, setOver] = useState(false);
  return {
    over,
    on: {
      onDragOver: (event: DragEvent) => {
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event: DragEvent) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        const file = event.dataTransfer.files[0];
        if (file && !capture.opening) capture.drop(file);
      },
    },
  };
}

export function StartPanel({ onClose }: { onClose: () => void }) {
  const { t } = useTexts();
  return (
    <aside className="panel cap-panel" aria-label={t('seals:capture.start.panel')} data-pane="panel">
      <section className="cap-judge">
        <h2>{t('seals:capture.start.panel')}</h2>
        <p>{t('seals:capture.start.panelText')}</p>
      </section>
      <ul className="cap-follows">
        {['check', 'make', 'bind'].map((step) => (
          <li key={step}>
            <h3>{t(`seals:mine.application.journey.${step}`)}</h3>
            <p className="note">{t(`seals:capture.start.follows.${step}`)}</p>
          </li>
        ))}
      </ul>
      <div className="cap-acts">
        <Button wide onClick={onClose} data-testid="capture-back">
          {t('seals:capture.panel.back')}
        </Button>
      </div>
    </aside>
  );
}
