import type { PageSize, RectMm } from '../../shared/domain/index.ts';
import { formatMm, useTexts } from '../look/index.ts';
import { freeWays, type Guide, marginsFor } from './placing.ts';

/**
 * Corners, lines and distances around the seal. They run outside the seal, never across its star or the text that
 * it covers; every distance is a number in millimetres.
 */
export function Guides({
  page,
  rect,
  hits,
  pxPerMm,
  word,
}: {
  page: PageSize;
  rect: RectMm;
  hits: readonly Guide[];
  pxPerMm: number;
  word: string;
}) {
  const { language } = useTexts();
  const px = (mm: number) => mm * pxPerMm;
  const margins = marginsFor(page);
  const left = px(rect.x);
  const top = px(rect.y);
  const right = px(rect.x + rect.width);
  const bottom = px(rect.y + rect.height);
  const middleX = (left + right) / 2;
  const middleY = (top + bottom) / 2;
  const width = px(page.widthMm);
  const height = px(page.heightMm);
  const corner = Math.min(10, (right - left) / 4);
  const gap = 5;
  const ways = freeWays(rect, page);
  const upper = Math.min(bottom - 2, top + Math.max(8, (bottom - top) * 0.12));
  const area = {
    left: px(margins.left),
    top: px(margins.top),
    right: width - px(margins.right),
    bottom: height - px(margins.bottom),
  };

  const axes: string[] = [];
  const margin: string[] = [
    `M${area.right} ${area.top}V${area.bottom}M${area.left} ${area.bottom}H${area.right}`,
  ];
  for (const hit of hits) {
    const at = px(hit.at);
    if (hit.kind === 'margin') {
      margin.push(
        hit.axis === 'x' ? `M${at} ${area.top}V${area.bottom}` : `M${area.left} ${at}H${area.right}`,
      );
    } else if (hit.axis === 'x') axes.push(`M${at} 0V${top - gap}M${at} ${bottom + gap}V${height}`);
    else axes.push(`M0 ${at}H${left - gap}M${right + gap} ${at}H${width}`);
  }
  const across =
    ways.across.side === 'right'
      ? `M${right} ${upper}H${width}M${width - 1} ${upper - 4}v8`
      : `M${left} ${upper}H0M1 ${upper - 4}v8`;
  const along =
    ways.along.side === 'below' ? `M${middleX} ${bottom + gap}V${height}` : `M${middleX} ${top - gap}V0`;
  const acrossAt = ways.across.side === 'right' ? (right + width) / 2 : left / 2;
  const alongAt = ways.along.side === 'below' ? (bottom + height) / 2 : top / 2;

  return (
    <>
      <svg className="guides" aria-hidden="true">
        <path className="margin" d={margin.join('')} />
        {axes.length > 0 && <path className="axis" d={axes.join('')} />}
        <path className="dist" d={across} />
        <path className="axis" d={along} />
        <path
          className="held"
          d={`M${left} ${top + corner}V${top}h${corner}M${right - corner} ${top}H${right}v${corner}M${right} ${bottom - corner}V${bottom}h${-corner}M${left + corner} ${bottom}H${left}v${-corner}`}
        />
      </svg>
      {ways.across.mm > 1 && (
        <span className="d" style={{ left: acrossAt, top: upper }}>
          {formatMm(ways.across.mm, language)}
        </span>
      )}
      {ways.along.mm > 1 && (
        <span className="d" style={{ left: middleX, top: alongAt }}>
          {formatMm(ways.along.mm, language)}
        </span>
      )}
      {word && (
        <span
          className="tag"
          style={
            top > 40
              ? { left: middleX, top: top - 24 }
              : { left: middleX, top: Math.max(bottom + 8, middleY) }
          }
        >
          {word}
        </span>
      )}
    </>
  );
}
