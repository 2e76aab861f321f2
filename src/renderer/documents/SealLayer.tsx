import { useEffect, useRef, useState } from 'react';
import type { PageSize, RectMm } from '../../shared/domain/index.ts';
import { formatMm, useTexts } from '../look/index.ts';
import { Guides } from './Guides.tsx';
import { clampToPage, type Guide, guidesFor, hitsOf, nudge, roundMm, snap } from './placing.ts';

/** How near a line must be to draw the seal to it, in CSS pixels: the same feel at every zoom. */
const reachPx = 6;

export interface SealLayerProps {
  page: PageSize;
  pxPerMm: number;
  picture: { url: string; name: string; width: number; height: number };
  /** Where the seal lies on this page; null: it is not placed yet, or not on this page. */
  rect: RectMm | null;
  /** The seal has no place yet: it follows the mouse until a click drops it. */
  following: boolean;
  /** Seals that are in the file already, on this page, and all of them (to align with). */
  obstacles: readonly RectMm[];
  neighbours: readonly RectMm[];
  /** Stamping: nothing moves. */
  fixed: boolean;
  onMove: (rect: RectMm) => void;
  /** The seal was let go, by mouse or by keyboard. */
  onDrop: (rect: RectMm) => void;
  onRemove: () => void;
  button: React.RefObject<HTMLButtonElement | null>;
}

/** The seal on the page: under the mouse at true size until dropped; later dragged, or moved by the arrow keys. */
export function SealLayer(props: SealLayerProps) {
  const { page, pxPerMm, picture, rect, following, obstacles, neighbours, fixed, onMove, onDrop, onRemove } =
    props;
  const { t, language } = useTexts();
  const layer = useRef<HTMLDivElement>(null);
  const [ghost, setGhost] = useState<RectMm | null>(null);
  const [grab, setGrab] = useState<{ x: number; y: number } | null>(null);
  const [focused, setFocused] = useState(false);
  const guides = guidesFor(page, neighbours);

  const mmAt = (event: { clientX: number; clientY: number }) => {
    const box = layer.current!.getBoundingClientRect();
    return { x: (event.clientX - box.left) / pxPerMm, y: (event.clientY - box.top) / pxPerMm };
  };
  /** The seal with its corner there, drawn to lines unless Alt is held. */
  const placed = (x: number, y: number, free: boolean): RectMm => {
    const raw = { x, y, width: picture.width, height: picture.height };
    const moved = free ? clampToPage(raw, page) : snap(raw, page, guides, reachPx / pxPerMm).rect;
    return { ...moved, x: roundMm(moved.x), y: roundMm(moved.y) };
  };

  useEffect(() => {
    if (!following) setGhost(null);
  }, [following]);

  const shown = rect ?? ghost;
  const held = grab !== null || (rect === null && ghost !== null);
  const hits = shown ? hitsOf(shown, guides) : [];
  return (
    <div
      className={following && !fixed ? 'seal-layer is-waiting' : 'seal-layer'}
      ref={layer}
      data-testid="seal-layer"
      onPointerMove={(event) => {
        if (!following || fixed) return;
        const at = mmAt(event);
        setGhost(placed(at.x - picture.width / 2, at.y - picture.height / 2, event.altKey));
      }}
      onPointerLeave={() => setGhost(null)}
      onPointerUp={(event) => {
        if (!following || fixed || event.button !== 0) return;
        const at = mmAt(event);
        setGhost(null);
        onDrop(placed(at.x - picture.width / 2, at.y - picture.height / 2, event.altKey));
      }}
    >
      {obstacles.map((obstacle) => (
        <span
          key={`${obstacle.x} ${obstacle.y} ${obstacle.width}`}
          className="obstacle"
          style={boxOf(obstacle, pxPerMm)}
        />
      ))}
      {shown && (held || focused) && (
        <Guides page={page} rect={shown} hits={hits} pxPerMm={pxPerMm} word={wordFor(hits)} />
      )}
      {ghost && !rect && (
        <img
          className="seal is-held"
          src={picture.url}
          alt=""
          draggable={false}
          style={boxOf(ghost, pxPerMm)}
        />
      )}
      {rect && (
        <button
          type="button"
          ref={props.button}
          className={held ? 'seal is-held' : 'seal'}
          style={boxOf(rect, pxPerMm)}
          disabled={fixed}
          data-testid="seal"
          aria-label={t('documents:place.seal', {
            name: picture.name,
            left: formatMm(rect.x, language),
            top: formatMm(rect.y, language),
          })}
          aria-describedby="documents-place-hint"
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
          onPointerDown={(event) => {
            if (fixed || event.button !== 0) return;
            const at = mmAt(event);
            event.currentTarget.setPointerCapture(event.pointerId);
            setGrab({ x: at.x - rect.x, y: at.y - rect.y });
          }}
          onPointerMove={(event) => {
            if (!grab) return;
            const at = mmAt(event);
            onMove(placed(at.x - grab.x, at.y - grab.y, event.altKey));
          }}
          onPointerUp={() => {
            if (!grab) return;
            setGrab(null);
            onDrop(rect);
          }}
          onPointerCancel={() => {
            if (!grab) return;
            setGrab(null);
            onDrop(rect);
          }}
          onKeyDown={(event) => {
            if (event.ctrlKey || event.metaKey || event.altKey) return;
            if (event.key === 'Delete' || event.key === 'Backspace') {
              event.preventDefault();
              onRemove();
              return;
            }
            const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
              event.key
            ];
            if (!way) return;
            event.preventDefault();
            const step = event.shiftKey ? 0.1 : 1;
            onMove(nudge(rect, way[0]! * step, way[1]! * step, page));
          }}
          onKeyUp={(event) => {
            if (event.key.startsWith('Arrow')) onDrop(rect);
          }}
        >
          <img src={picture.url} alt="" draggable={false} />
        </button>
      )}
    </div>
  );

  function wordFor(lying: readonly Guide[]): string {
    const kinds = [...new Set(lying.map((hit) => `${hit.kind}-${hit.axis}`))];
    return kinds.map((kind) => t(`documents:place.hit.${kind}`)).join(t('common:comma'));
  }
}

function boxOf(rect: RectMm, pxPerMm: number) {
  return {
    left: rect.x * pxPerMm,
    top: rect.y * pxPerMm,
    width: rect.width * pxPerMm,
    height: rect.height * pxPerMm,
  };
}
