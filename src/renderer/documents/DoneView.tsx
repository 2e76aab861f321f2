import { useEffect, useState } from 'react';
import type { DocumentInfo, RectMm, StampResult, Verification } from '../../shared/domain/index.ts';
import { call } from '../api/index.ts';
import { Band, Button, Facts, formatBytes, LinkButton, Trouble, useTexts } from '../look/index.ts';
import { TopTitle, useAnnounce } from '../shell/index.ts';
import { formatPageList } from './page-list.ts';
import { usePreview } from './preview/use-preview.ts';
import { Viewer } from './preview/Viewer.tsx';
import { sentenceOf } from './Verdict.tsx';
import { standingOf, standingSigns } from './verdict.ts';

/** Where the seal lay when it was pressed, and what the page looked like without it. */
export interface Landed {
  page: number;
  rect: RectMm;
  url: string;
  paper: HTMLCanvasElement | null;
}

export interface Done {
  result: StampResult;
  /** What the self-check says of the finished file. */
  verification: Verification | null;
  /** Where the seal landed, for the press that shows it. */
  landed: Landed;
}

/** After stamping: the stamped document itself, the verdict of the self-check on top, and what one may want next. */
export function DoneView({
  info,
  password,
  done,
  onVerify,
  onStampAgain,
  onClose,
}: {
  info: DocumentInfo;
  password: string | undefined;
  done: Done;
  onVerify: () => void;
  onStampAgain: () => void;
  onClose: () => void;
}) {
  const { t, language } = useTexts();
  const announce = useAnnounce();
  const state = usePreview(info, password);
  const [page, setPage] = useState(done.landed.page);
  const [drawn, setDrawn] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { result, verification, landed } = done;
  const standing = verification ? standingOf(verification) : null;
  const sign = standingSigns[standing === null || standing === 'unsigned' ? 'limited' : standing];
  const said = verification ? sentenceOf(t, verification) : t('documents:done.unverified');

  useEffect(() => announce(`${t('documents:done.word')}${t('common:comma')}${said}`), [announce, t, said]);

  const act = (channel: 'documents.reveal' | 'documents.external') => () => {
    setError(null);
    call(channel, { id: result.document }).catch(setError);
  };
  return (
    <div className="body docs is-done" data-testid="done" data-standing={standing ?? 'unverified'}>
      <TopTitle
        title={info.name}
        note={
          <>
            {t('documents:title.pages', { count: info.pages.length })}
            {t('common:comma')}
            {t('documents:title.signatures', { count: info.seals.filter((seal) => seal.signed).length })}
            <span className="title-acts">
              <LinkButton onClick={onClose} data-testid="close">
                {t('documents:title.close')}
              </LinkButton>
            </span>
          </>
        }
      />
      <div className="band-row">
        <Band
          tone={sign.tone}
          icon={sign.icon}
          word={t('documents:done.word')}
          actions={
            <>
              <Button icon="folder" onClick={act('documents.reveal')} data-testid="reveal">
                {t('documents:done.reveal')}
              </Button>
              <Button kind="main" onClick={onVerify} data-testid="verify">
                {t('documents:done.verify')}
              </Button>
            </>
          }
        >
          {said}
        </Band>
      </div>
      <Viewer
        info={info}
        state={state}
        page={page}
        onPage={setPage}
        thumbnails
        onDrawn={() => setDrawn(true)}
        {...(landed.paper && { before: landed.paper })}
        over={(pxPerMm) =>
          page === landed.page &&
          !drawn && (
            <img
              className="seal is-landing"
              src={landed.url}
              alt=""
              style={{
                left: landed.rect.x * pxPerMm,
                top: landed.rect.y * pxPerMm,
                width: landed.rect.width * pxPerMm,
                height: landed.rect.height * pxPerMm,
              }}
            />
          )
        }
      />
      <aside className="panel" aria-label={t('documents:done.panel')} data-pane="panel">
        <section className="part">
          <h2>{t('documents:done.heading')}</h2>
          <Facts
            rows={[
              [t('documents:done.file'), result.name],
              [t('documents:done.folder'), result.folder],
              [t('documents:done.pages'), formatPageList(result.pages)],
              [t('documents:done.level'), t('documents:level.short')],
              [t('documents:done.added'), formatBytes(result.bytesAppended, language)],
            ]}
          />
          <p className="note">{t('documents:done.original')}</p>
        </section>
        {error !== null && <Trouble error={error} />}
        <section className="go">
          <Button wide onClick={act('documents.external')} data-testid="external">
            {t('documents:done.open')}
          </Button>
          <Button wide onClick={onStampAgain} icon="stamp">
            {t('documents:done.again')}
          </Button>
          <Button wide onClick={onClose}>
            {t('documents:done.another')}
          </Button>
        </section>
      </aside>
    </div>
  );
}
