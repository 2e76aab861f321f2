import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { DocumentInfo } from '../../../shared/domain/index.ts';
import { Icon, useTexts } from '../../look/index.ts';
import { useActive } from '../../shell/index.ts';
import { pxPerMmAtFullSize } from '../placing.ts';
import { PageView } from './PageView.tsx';
import type { PreviewTrouble } from './pdf.ts';
import { Thumbnails } from './Thumbnails.tsx';
import type { PreviewState } from './use-preview.ts';
import { useInnerSize } from './use-size.ts';
import { scaleFor, type Zoom, zoomStep, zoomWheel } from './zoom.ts';

/** A turn of the wheel that turns the page: one notch of a mouse, or as much of a touchpad. */
const wheelForAPage = 100;

function isText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

/** Pages of a document: thumbnails, the page on its desk, and the foot with page, zoom and what `foot` adds. */
export function Viewer({
  info,
  state,
  page,
  onPage,
  thumbnails,
  over,
  overThumbnail,
  wordOfPage,
  foot,
  sheet,
  onDrawn,
  onTrouble,
  before,
}: {
  info: DocumentInfo;
  state: PreviewState;
  page: number;
  onPage: (page: number) => void;
  thumbnails: boolean;
  /** What lies on the page, at `pxPerMm`. */
  over?: (pxPerMm: number) => ReactNode;
  overThumbnail?: (page: number, pxPerMm: number) => ReactNode;
  wordOfPage?: (page: number) => string;
  foot?: ReactNode;
  sheet?: React.RefObject<HTMLDivElement | null>;
  onDrawn?: (page: number) => void;
  onTrouble?: (trouble: PreviewTrouble | null) => void;
  before?: HTMLCanvasElement;
}) {
  const { t } = useTexts();
  const active = useActive();
  const desk = useRef<HTMLElement>(null);
  const room = useInnerSize(desk);
  const [zoom, setZoom] = useState<Zoom>('fit');
  const size = info.pages[page - 1] ?? info.pages[0]!;
  const pxPerMm = scaleFor(zoom, size, room?.width ?? 420, room?.height ?? 594);
  const now = useRef({ page, pxPerMm, zoom, onPage });
  now.current = { page, pxPerMm, zoom, onPage };
  const count = info.pages.length;
  /** The point of the desk that stays where it is while the scale changes: shares of the sheet and a place. */
  const anchor = useRef<{ shareX: number; shareY: number; left: number; top: number } | null>(null);

  const go = (to: number) => {
    const next = Math.max(1, Math.min(count, to));
    if (next === now.current.page) return;
    desk.current?.scrollTo({ top: next > now.current.page ? 0 : desk.current.scrollHeight });
    now.current.onPage(next);
  };
  const goRef = useRef(go);
  goRef.current = go;

  const zoomTo = (next: Zoom, at?: { x: number; y: number }) => {
    const element = desk.current;
    const paper = element?.querySelector('.page-sheet');
    if (element && paper) {
      const outer = element.getBoundingClientRect();
      const inner = paper.getBoundingClientRect();
      const x = at?.x ?? outer.left + outer.width / 2;
      const y = at?.y ?? outer.top + outer.height / 2;
      anchor.current = {
        shareX: (x - inner.left) / inner.width,
        shareY: (y - inner.top) / inner.height,
        left: x,
        top: y,
      };
    }
    setZoom(next);
  };
  const zoomToRef = useRef(zoomTo);
  zoomToRef.current = zoomTo;

  useEffect(() => {
    const element = desk.current;
    const paper = element?.querySelector('.page-sheet');
    const held = anchor.current;
    anchor.current = null;
    if (!element || !paper || !held || pxPerMm <= 0) return;
    const inner = paper.getBoundingClientRect();
    element.scrollLeft += inner.left + held.shareX * inner.width - held.left;
    element.scrollTop += inner.top + held.shareY * inner.height - held.top;
  }, [pxPerMm]);

  useEffect(() => {
    const element = desk.current;
    if (!element) return;
    let turned = 0;
    const wheel = (event: WheelEvent) => {
      const delta = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        zoomToRef.current(zoomWheel(now.current.pxPerMm, delta), { x: event.clientX, y: event.clientY });
        return;
      }
      const atTop = element.scrollTop <= 0;
      const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 1;
      if ((delta < 0 && !atTop) || (delta > 0 && !atEnd)) {
        turned = 0;
        return; // there is more of this page
      }
      if (Math.sign(delta) !== Math.sign(turned)) turned = 0;
      turned += delta;
      if (Math.abs(turned) < wheelForAPage) return;
      goRef.current(now.current.page + Math.sign(turned));
      turned = 0;
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, []);

  useEffect(() => {
    if (!active) return;
    const key = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('[role="dialog"]')) return;
      const main = event.ctrlKey || event.metaKey;
      const { page: here, pxPerMm: scale } = now.current;
      if (main && (event.key === '+' || event.key === '=')) zoomToRef.current(zoomStep(scale, 1));
      else if (main && event.key === '-') zoomToRef.current(zoomStep(scale, -1));
      else if (main && event.key === '0') zoomToRef.current('fit');
      else if (main || event.altKey || isText(event.target)) return;
      else if (event.key === 'PageDown') goRef.current(here + 1);
      else if (event.key === 'PageUp') goRef.current(here - 1);
      else if (event.key === 'Home') goRef.current(1);
      else if (event.key === 'End') goRef.current(count);
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', key);
    return () => window.removeEventListener('keydown', key);
  }, [active, count]);

  const percent = Math.round((pxPerMm / pxPerMmAtFullSize) * 100);
  return (
    <>
      {thumbnails && (
        <Thumbnails
          preview={state.preview}
          pages={info.pages}
          current={page}
          onGo={go}
          {...(overThumbnail && { over: overThumbnail })}
          {...(wordOfPage && { word: wordOfPage })}
        />
      )}
      <main className="stage desk" id="main" data-pane="stage" ref={desk} tabIndex={-1}>
        <PageView
          preview={state.preview}
          trouble={state.trouble}
          page={page}
          size={size}
          pxPerMm={pxPerMm}
          name={t('documents:preview.page', { page, pages: count, name: info.name })}
          {...(sheet && { sheet })}
          {...(onDrawn && { onDrawn })}
          {...(onTrouble && { onTrouble })}
          {...(before && { before })}
        >
          {over?.(pxPerMm)}
        </PageView>
      </main>
      <footer className="foot" data-pane="foot">
        <div className="set">
          <button
            type="button"
            className="icon-button"
            aria-label={t('documents:pages.before')}
            disabled={page <= 1}
            onClick={() => go(page - 1)}
          >
            <Icon name="prev" />
          </button>
          <PageField page={page} count={count} onGo={go} />
          <button
            type="button"
            className="icon-button"
            aria-label={t('documents:pages.after')}
            disabled={page >= count}
            onClick={() => go(page + 1)}
          >
            <Icon name="down" />
          </button>
        </div>
        <div className="set">
          <button
            type="button"
            className="icon-button"
            aria-label={t('documents:zoom.out')}
            disabled={percent <= 50}
            onClick={() => zoomTo(zoomStep(pxPerMm, -1))}
          >
            <Icon name="minus" />
          </button>
          <button
            type="button"
            className="zoom"
            title={zoom === 'fit' ? t('documents:zoom.toReal') : t('documents:zoom.toFit')}
            aria-label={t('documents:zoom.now', { percent })}
            onClick={() => zoomTo(zoom === 'fit' ? 1 : 'fit')}
          >
            {zoom === 'fit' ? t('documents:zoom.fit') : `${percent} %`}
          </button>
          <button
            type="button"
            className="icon-button"
            aria-label={t('documents:zoom.in')}
            disabled={percent >= 400}
            onClick={() => zoomTo(zoomStep(pxPerMm, 1))}
          >
            <Icon name="plus" />
          </button>
        </div>
        {foot}
      </footer>
    </>
  );
}

/** The page's number, to be overwritten with where one wants to go. */
function PageField({ page, count, onGo }: { page: number; count: number; onGo: (page: number) => void }) {
  const { t } = useTexts();
  const [text, setText] = useState<string | null>(null);
  const commit = () => {
    const wanted = Number(text);
    if (text !== null && Number.isInteger(wanted) && wanted >= 1 && wanted <= count) onGo(wanted);
    setText(null);
  };
  return (
    <span className="page-field">
      <input
        value={text ?? String(page)}
        inputMode="numeric"
        aria-label={t('documents:pages.number')}
        style={{ width: `${String(count).length + 1.5}ch` }}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setText(null);
        }}
      />
      {t('documents:pages.of', { count })}
    </span>
  );
}
