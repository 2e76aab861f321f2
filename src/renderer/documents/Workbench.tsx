import { useEffect, useRef, useState } from 'react';
import type { DocumentInfo, StampResult } from '../../shared/domain/index.ts';
import { Button, Dialog, formatMm, LinkButton, Trouble, useTexts } from '../look/index.ts';
import { TopTitle, useActive, useAnnounce } from '../shell/index.ts';
import type { Landed } from './DoneView.tsx';
import { Panel, useMarkUrl } from './Panel.tsx';
import type { PreviewTrouble } from './preview/pdf.ts';
import { usePreview } from './preview/use-preview.ts';
import { Viewer } from './preview/Viewer.tsx';
import { SealLayer } from './SealLayer.tsx';
import { StampProgress } from './StampProgress.tsx';
import { useJob } from './use-job.ts';

/** Codes that say "the user changed their mind": told quietly, not as trouble. */
const calledOff = new Set(['token.pin-cancelled', 'document.cancelled']);

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** Stamping: the document in the middle with the seal on it, what is needed for it on the right. */
export function Workbench({
  info,
  password,
  placeWish,
  onWishTaken,
  onStamped,
  onVerify,
  onClose,
}: {
  info: DocumentInfo;
  password: string | undefined;
  /** The menu or Ctrl/Cmd+P asked to put the seal on the page. */
  placeWish: boolean;
  onWishTaken: () => void;
  onStamped: (result: StampResult, landed: Landed) => void;
  onVerify: () => void;
  onClose: () => void;
}) {
  const { t, language } = useTexts();
  const announce = useAnnounce();
  const active = useActive();
  const [page, setPage] = useState(1);
  const state = usePreview(info, password);
  const [pageTrouble, setPageTrouble] = useState<PreviewTrouble | null>(null);
  const sealButton = useRef<HTMLButtonElement>(null);
  const focusSeal = useRef(false);
  const url = useRef('');
  const sheet = useRef<HTMLDivElement>(null);
  const job = useJob({
    info,
    page,
    previewTrouble: state.trouble ?? pageTrouble,
    onStamped: (result, rect) =>
      onStamped(result, {
        page,
        rect,
        url: url.current,
        paper: sheet.current?.querySelector('canvas') ?? null,
      }),
    onPlaced: () => {
      focusSeal.current = true;
    },
  });
  const { rect, mark } = job;
  url.current = useMarkUrl(mark);
  const onThisPage = job.pages.includes(page);

  // After a drop and after Ctrl/Cmd+P the arrow keys move the seal.
  useEffect(() => {
    if (!focusSeal.current || !rect) return;
    focusSeal.current = false;
    sealButton.current?.focus({ preventScroll: true });
    announce(
      t('documents:place.placed', {
        left: formatMm(rect.x, language),
        top: formatMm(rect.y, language),
      }),
    );
  }, [rect, announce, t, language]);

  const wish = useRef({ job, onWishTaken });
  wish.current = { job, onWishTaken };
  useEffect(() => {
    if (!placeWish || !active) return;
    const { job: now, onWishTaken: taken } = wish.current;
    taken();
    if (now.rect) sealButton.current?.focus({ preventScroll: true });
    else now.placeByKeyboard();
  }, [placeWish, active]);

  const cancelled = job.error !== null && calledOff.has(codeOf(job.error));
  const { forgetError } = job;
  const forget = useRef(forgetError);
  forget.current = forgetError;
  useEffect(() => {
    if (!cancelled) return;
    announce(t('documents:stamping.calledOff'));
    forget.current();
  }, [cancelled, announce, t]);

  const widgetsHere = info.seals.flatMap((one) =>
    one.widgets.filter((widget) => widget.page === page).map((widget) => widget.rect),
  );
  const neighbours = info.seals.flatMap((one) => one.widgets.map((widget) => widget.rect));
  const signed = info.seals.filter((one) => one.signed).length;
  const picture = {
    url: url.current,
    name: mark?.name ?? '',
    width: job.width,
    height: job.height,
  };

  return (
    <div className="body docs" data-testid="workbench">
      <TopTitle
        title={info.name}
        note={
          <>
            {t('documents:title.pages', { count: info.pages.length })}
            {t('common:comma')}
            {signed > 0 ? t('documents:title.signatures', { count: signed }) : t('documents:title.unstamped')}
            <span className="title-acts">
              {signed > 0 && (
                <LinkButton onClick={onVerify} data-testid="verify">
                  {t('documents:title.verify')}
                </LinkButton>
              )}
              <LinkButton onClick={onClose} data-testid="close">
                {t('documents:title.close')}
              </LinkButton>
            </span>
          </>
        }
      />
      <Viewer
        info={info}
        state={state}
        page={page}
        onPage={setPage}
        thumbnails
        onTrouble={setPageTrouble}
        sheet={sheet}
        over={(pxPerMm) =>
          mark &&
          !state.trouble && (
            <SealLayer
              page={job.size}
              pxPerMm={pxPerMm}
              picture={picture}
              rect={rect && onThisPage ? rect : null}
              following={rect === null}
              obstacles={widgetsHere}
              neighbours={neighbours}
              fixed={job.busy}
              onMove={job.move}
              onDrop={(next) => {
                if (!rect) focusSeal.current = true;
                job.drop(next);
              }}
              onRemove={job.remove}
              button={sealButton}
            />
          )
        }
        overThumbnail={(number, pxPerMm) =>
          rect &&
          job.pages.includes(number) && (
            <img
              className="seal"
              src={picture.url}
              alt=""
              style={{
                left: rect.x * pxPerMm,
                top: rect.y * pxPerMm,
                width: rect.width * pxPerMm,
                height: rect.height * pxPerMm,
              }}
            />
          )
        }
        foot={
          rect && (
            <p className="read">
              <span>
                {t('documents:read.left')} <b>{formatMm(rect.x, language)}</b>
              </span>
              <span>
                {t('documents:read.top')} <b>{formatMm(rect.y, language)}</b>
              </span>
              <span>
                {Math.abs(rect.width - rect.height) < 0.05 ? (
                  <>
                    {t('documents:read.diameter')} <b>{formatMm(rect.width, language)}</b> mm
                  </>
                ) : (
                  <>
                    {t('documents:read.size')}{' '}
                    <b>
                      {formatMm(rect.width, language)} × {formatMm(rect.height, language)}
                    </b>{' '}
                    mm
                  </>
                )}
              </span>
            </p>
          )
        }
      />
      <Panel job={job} />
      {job.progress && <StampProgress progress={job.progress} onCancel={job.cancel} />}
      <Dialog
        open={job.error !== null && !cancelled}
        onClose={job.forgetError}
        title={t('documents:stamping.failed')}
        actions={
          <>
            <Button onClick={job.forgetError}>{t('common:close')}</Button>
            <Button kind="main" onClick={job.stamp} disabled={job.shut !== null}>
              {t('common:again')}
            </Button>
          </>
        }
      >
        {job.error !== null && <Trouble error={job.error} />}
      </Dialog>
    </div>
  );
}
