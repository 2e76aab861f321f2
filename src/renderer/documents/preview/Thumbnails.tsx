import { memo, type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { PageSize } from '../../../shared/domain/index.ts';
import { useTexts } from '../../look/index.ts';
import type { Preview } from './pdf.ts';
import { usePixelRatio } from './use-size.ts';
import { columnOf, inView, thumbnailBox } from './zoom.ts';

const widthPx = 80;
const belowPx = 38; // number and gap under a page
const keptPictures = 120;

/** Finished thumbnails of one preview, the oldest forgotten first. */
const pictures = new WeakMap<Preview, Map<number, HTMLCanvasElement>>();
function picturesOf(preview: Preview): Map<number, HTMLCanvasElement> {
  let map = pictures.get(preview);
  if (!map) {
    map = new Map();
    pictures.set(preview, map);
  }
  return map;
}

/** The column of pages. Only what is in view exists, so that 1,000 pages are as quick as three. */
export function Thumbnails({
  preview,
  pages,
  current,
  onGo,
  over,
  word,
}: {
  preview: Preview | null;
  pages: readonly PageSize[];
  current: number;
  onGo: (page: number) => void;
  /** What lies on a thumbnail, e.g. the seal; `pxPerMm` is its scale. */
  over?: (page: number, pxPerMm: number) => ReactNode;
  /** A word beside the page's number. */
  word?: (page: number) => string;
}) {
  const { t } = useTexts();
  const column = useRef<HTMLElement>(null);
  const tops = useMemo(() => columnOf(pages, widthPx, belowPx), [pages]);
  const [view, setView] = useState<[from: number, to: number]>([0, 800]);

  useEffect(() => {
    const element = column.current;
    if (!element) return;
    const look = () => setView([element.scrollTop - 200, element.scrollTop + element.clientHeight + 200]);
    const watcher = new ResizeObserver(look);
    watcher.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      watcher.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);

  // The page that is looked at is in view here too.
  useLayoutEffect(() => {
    const element = column.current;
    const top = tops[current - 1];
    const end = tops[current];
    if (!element || top === undefined || end === undefined) return;
    if (top < element.scrollTop) element.scrollTop = Math.max(0, top - 8);
    else if (end + 48 > element.scrollTop + element.clientHeight)
      element.scrollTop = end + 48 - element.clientHeight;
  }, [current, tops]);

  const [first, last] = inView(tops, view[0], view[1]);
  const shown: number[] = [];
  for (let index = first; index <= last; index++) shown.push(index + 1);

  /** Up and down move through the pages; the focus goes along. */
  const move = (event: React.KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const to = Math.max(1, Math.min(pages.length, current + by));
    onGo(to);
    requestAnimationFrame(() =>
      column.current?.querySelector<HTMLElement>(`[data-page="${to}"]`)?.focus({ preventScroll: true }),
    );
  };

  return (
    <nav className="pages" aria-label={t('documents:pages.label')} data-pane="pages" ref={column}>
      <ol style={{ height: tops[tops.length - 1] }}>
        {shown.map((page) => (
          <li key={page} style={{ top: tops[page - 1] }} aria-setsize={pages.length} aria-posinset={page}>
            <button
              type="button"
              data-page={page}
              aria-current={page === current ? 'page' : undefined}
              aria-label={t('documents:pages.go', { page, word: word?.(page) ?? '' })}
              tabIndex={page === current ? 0 : -1}
              onClick={() => onGo(page)}
              onKeyDown={move}
            >
              <Thumbnail preview={preview} page={page} size={pages[page - 1]!}>
                {over?.(page, thumbnailBox(pages[page - 1]!, widthPx).width / pages[page - 1]!.widthMm)}
              </Thumbnail>
              <span className={word?.(page) ? 'bad' : undefined}>
                {page}
                {word?.(page) && <>　{word(page)}</>}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

const Thumbnail = memo(function Thumbnail({
  preview,
  page,
  size,
  children,
}: {
  preview: Preview | null;
  page: number;
  size: PageSize;
  children?: ReactNode;
}) {
  const ratio = usePixelRatio();
  const holder = useRef<HTMLSpanElement>(null);
  const box = thumbnailBox(size, widthPx);
  useEffect(() => {
    const place = holder.current;
    if (!place || !preview) return;
    const kept = picturesOf(preview);
    const known = kept.get(page);
    if (known) {
      place.replaceChildren(known);
      return;
    }
    const stop = new AbortController();
    preview.draw(page, Math.round(box.width * ratio), 0, stop.signal).then(
      (canvas) => {
        kept.set(page, canvas);
        for (const oldest of kept.keys()) {
          if (kept.size <= keptPictures) break;
          kept.delete(oldest);
        }
        if (!stop.signal.aborted) place.replaceChildren(canvas);
      },
      () => {
        // The page itself tells what is wrong with it when it is opened; an empty sheet is enough here.
      },
    );
    return () => stop.abort();
  }, [preview, page, box.width, ratio]);
  return (
    <span className="sheet thumb" style={box}>
      <span className="page-picture" ref={holder} />
      {children}
    </span>
  );
});
