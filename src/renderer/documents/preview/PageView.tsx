import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { PageSize } from '../../../shared/domain/index.ts';
import { useTexts } from '../../look/index.ts';
import { type Preview, PreviewError, type PreviewTrouble } from './pdf.ts';
import { usePixelRatio } from './use-size.ts';

/** One page as a sheet of paper at `pxPerMm`, sharp at the screen's own pixels; `children` lie on it. */
export function PageView({
  preview,
  trouble,
  page,
  size,
  pxPerMm,
  name,
  sheet,
  onDrawn,
  onTrouble,
  before,
  children,
}: {
  preview: Preview | null;
  trouble: PreviewTrouble | null;
  page: number;
  size: PageSize;
  pxPerMm: number;
  name: string;
  sheet?: React.Ref<HTMLDivElement>;
  onDrawn?: (page: number) => void;
  onTrouble?: (trouble: PreviewTrouble | null) => void;
  /** Shown until the first drawing is there: what the page looked like a moment ago. */
  before?: HTMLCanvasElement;
  children?: ReactNode;
}) {
  const { t } = useTexts();
  const ratio = usePixelRatio();
  const holder = useRef<HTMLDivElement>(null);
  const shown = useRef('');
  const [failed, setFailed] = useState<{ page: number; preview: Preview; trouble: PreviewTrouble } | null>(
    null,
  );
  const width = Math.round(size.widthMm * pxPerMm * ratio);
  const told = useRef({ onDrawn, onTrouble });
  told.current = { onDrawn, onTrouble };
  const beforeRef = useRef(before);

  useEffect(() => {
    const place = holder.current;
    if (!place) return;
    // The old drawing stays, stretched, until the new one is there; but never that of another page.
    const what = `${page} ${size.widthMm} ${size.heightMm}`;
    if (shown.current !== what) {
      const first = shown.current === '' && !place.hasChildNodes() ? beforeRef.current : undefined;
      place.replaceChildren(...(first ? [first] : []));
    }
    if (!preview) return;
    const stop = new AbortController();
    preview.draw(page, width, 1, stop.signal).then(
      (canvas) => {
        if (stop.signal.aborted) return;
        shown.current = what;
        place.replaceChildren(canvas);
        setFailed(null);
        told.current.onTrouble?.(null);
        told.current.onDrawn?.(page);
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const kind = error instanceof PreviewError ? error.trouble : 'unreadable';
        place.replaceChildren();
        setFailed({ page, preview, trouble: kind });
        told.current.onTrouble?.(kind);
      },
    );
    return () => stop.abort();
  }, [preview, page, width, size.widthMm, size.heightMm]);

  const wrong =
    trouble ?? (failed && failed.page === page && failed.preview === preview ? failed.trouble : null);
  return (
    <div
      className="sheet page-sheet"
      ref={sheet}
      style={{ width: size.widthMm * pxPerMm, height: size.heightMm * pxPerMm }}
    >
      <div
        className="page-picture"
        ref={holder}
        role="img"
        aria-label={name}
        aria-busy={!preview && !wrong}
      />
      {wrong && (
        <div className="page-trouble" role="alert">
          <p className="strong">{t('documents:preview.heading')}</p>
          <p>{t(`documents:preview.trouble.${wrong}`)}</p>
        </div>
      )}
      {children}
    </div>
  );
}
