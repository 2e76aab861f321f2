import { type DragEvent, useEffect, useState } from 'react';
import type { ChannelOutput } from '../../shared/contract/channels.ts';
import { call } from '../api/index.ts';
import { Button, formatDateTime, Icon, type IconName, StateWord, Trouble, useTexts } from '../look/index.ts';
import { TopTitle } from '../shell/index.ts';

export type Mode = 'stamp' | 'verify';

/** No document yet: what this place is for, two ways in, and what was opened last. */
export function Start({
  busy,
  error,
  onChoose,
  onDrop,
  onRecent,
  onForget,
}: {
  busy: boolean;
  error: unknown;
  onChoose: (mode: Mode) => void;
  onDrop: (file: File, mode: Mode) => void;
  onRecent: (id: string, name: string, mode: Mode) => void;
  onForget: () => void;
}) {
  const { t } = useTexts();
  const [recent, setRecent] = useState<ChannelOutput<'documents.recent'> | null>(null);
  const [recentError, setRecentError] = useState<unknown>(null);
  useEffect(() => {
    let wanted = true;
    call('documents.recent').then(
      (list) => wanted && setRecent(list),
      (reason: unknown) => wanted && setRecentError(reason),
    );
    return () => {
      wanted = false;
    };
  }, []);
  return (
    <div className="body is-single" data-testid="documents-start">
      <TopTitle title={t('documents:start.title')} />
      <main className="stage docs-start" id="main" data-pane="stage">
        <div className="start">
          <h2>{t('documents:start.heading')}</h2>
          <p className="start-text">{t('documents:start.text')}</p>
          {error !== null && (
            <Trouble
              error={error}
              actions={
                <Button small onClick={onForget}>
                  {t('common:close')}
                </Button>
              }
            />
          )}
          <div className="drop-ways" aria-busy={busy}>
            <Way mode="stamp" icon="stamp" main busy={busy} onChoose={onChoose} onDrop={onDrop} />
            <Way mode="verify" icon="check-c" busy={busy} onChoose={onChoose} onDrop={onDrop} />
          </div>
          <section className="recent">
            <h3 className="note">{t('documents:recent.heading')}</h3>
            {recent?.length === 0 && <p className="note">{t('documents:recent.none')}</p>}
            {recentError !== null && <Trouble error={recentError} />}
            <ul>
              {recent?.map((entry) => (
                <li key={entry.id} data-testid="recent">
                  <button
                    type="button"
                    className="recent-row"
                    disabled={!entry.present || busy}
                    onClick={() => onRecent(entry.id, entry.name, entry.stamped ? 'verify' : 'stamp')}
                  >
                    <Icon name="doc" />
                    <span className="recent-what">
                      <span className="cut">{entry.name}</span>
                      <span className="note cut">{entry.folder}</span>
                    </span>
                    {!entry.present ? (
                      <StateWord tone="grey" icon="info" small>
                        {t('documents:recent.gone')}
                      </StateWord>
                    ) : (
                      entry.stamped && (
                        <StateWord tone="ok" icon="check-c" small>
                          {t('documents:recent.stamped')}
                        </StateWord>
                      )
                    )}
                    <span className="note nowrap">{formatDateTime(entry.openedAt)}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        </div>
      </main>
    </div>
  );
}

/** A place to drop a file on, with a button for those who don't drag. */
function Way({
  mode,
  icon,
  main,
  busy,
  onChoose,
  onDrop,
}: {
  mode: Mode;
  icon: IconName;
  main?: boolean;
  busy: boolean;
  onChoose: (mode: Mode) => void;
  onDrop: (file: File, mode: Mode) => void;
}) {
  const { t } = useTexts();
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file && !busy) onDrop(file, mode);
  };
  return (
    <section
      className={over ? 'way is-over' : 'way'}
      aria-label={t(`documents:start.${mode}.name`)}
      data-testid={`way-${mode}`}
      onDragOver={(event) => {
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Icon name={icon} size="large" />
      <h3>{t(`documents:start.${mode}.name`)}</h3>
      <p className="note">{t(`documents:start.${mode}.text`)}</p>
      <Button
        kind={main ? 'main' : 'plain'}
        disabled={busy}
        onClick={() => onChoose(mode)}
        aria-keyshortcuts={main ? 'Control+O' : undefined}
        data-testid={`choose-${mode}`}
      >
        {t(`documents:start.${mode}.choose`)}
      </Button>
    </section>
  );
}
