import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import type { CaptureResult, CaptureSession } from '../../../shared/domain/index.ts';
import { formatMm, useTexts } from '../../look/index.ts';
import { type Finding, type Mark, type Point, turned, viewSide } from './marks.ts';

interface ViewsProps {
  session: CaptureSession;
  result: CaptureResult;
  findings: readonly Finding[];
  scanUrl: string;
  sealUrl: string;
  busy: boolean;
}

/** The scan as it was scanned, and beside it what becomes of it; both with the findings marked. */
export function SideBySide({ session, result, findings, scanUrl, sealUrl, busy }: ViewsProps) {
  const { t } = useTexts();
  return (
    <div className="cap-views" aria-busy={busy}>
      <div className="cap-pair">
        <figure className="cap-view">
          <figcaption>
            <h2>{t('seals:capture.views.scan')}</h2>
            <span className="note cut">
              {t('seals:capture.views.scanNote', { dpi: result.source.dpi, name: session.name })}
            </span>
          </figcaption>
          <div className="cap-pic" data-testid="capture-scan">
            <ScanImage session={session} result={result} url={scanUrl} turn={result.rotation} />
            <Marks result={result} findings={findings} side="scan" />
          </div>
        </figure>
        <figure className="cap-view">
          <figcaption>
            <h2>{t('seals:capture.views.seal')}</h2>
            <span className="note cut">{t('seals:capture.views.sealNote')}</span>
          </figcaption>
          <div className="cap-pic is-clear" data-testid="capture-seal">
            <SealImage result={result} url={sealUrl} />
            <Marks result={result} findings={findings} side="seal" />
            <Size result={result} />
          </div>
        </figure>
      </div>
    </div>
  );
}

/** Both pictures over each other, with a divider that is moved by mouse or by arrow keys. */
export function BeforeAfter({ session, result, scanUrl, sealUrl, busy }: Omit<ViewsProps, 'findings'>) {
  const { t } = useTexts();
  const [share, setShare] = useState(50);
  const frame = useRef<HTMLDivElement>(null);
  const follow = (event: PointerEvent) => {
    const box = frame.current?.getBoundingClientRect();
    if (box) setShare(limited(((event.clientX - box.left) / box.width) * 100));
  };
  const keys = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 10 : 2;
    const to = {
      ArrowLeft: share - step,
      ArrowDown: share - step,
      ArrowRight: share + step,
      ArrowUp: share + step,
      PageDown: share - 10,
      PageUp: share + 10,
      Home: 0,
      End: 100,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setShare(limited(to));
  };
  return (
    <div className="cap-views" aria-busy={busy}>
      <figure className="cap-view is-one">
        <figcaption>
          <h2>{t('seals:capture.views.scan')}</h2>
          <span className="note">{t('seals:capture.views.slide')}</span>
          <h2>{t('seals:capture.views.seal')}</h2>
        </figcaption>
        <div
          className="cap-pic is-clear is-slide"
          ref={frame}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            follow(event);
          }}
          onPointerMove={(event) => event.buttons > 0 && follow(event)}
        >
          <SealImage result={result} url={sealUrl} />
          <div className="cap-before" style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }}>
            <ScanImage session={session} result={result} url={scanUrl} turn={0} />
          </div>
          <div
            className="cap-divider"
            style={{ left: `${share}%` }}
            role="slider"
            tabIndex={0}
            aria-label={t('seals:capture.views.divider')}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(share)}
            aria-valuetext={t('seals:capture.views.dividerAt', { share: Math.round(share) })}
            onKeyDown={keys}
            data-testid="capture-divider"
          />
        </div>
      </figure>
    </div>
  );
}

const limited = (share: number) => Math.max(0, Math.min(100, share));

function ScanImage({
  session,
  result,
  url,
  turn,
}: {
  session: CaptureSession;
  result: CaptureResult;
  url: string;
  turn: number;
}) {
  const { t } = useTexts();
  const side = ((session.views?.scanSideMm ?? 0) / viewSide(result)) * 100;
  if (!url) return null;
  return (
    <img
      className="cap-centred"
      src={url}
      alt={t('seals:capture.views.scanAlt', { shape: t(`seals:shape.${result.shape}`) })}
      draggable={false}
      style={{ width: `${side}%`, height: `${side}%`, rotate: `${turn}deg` }}
    />
  );
}

function SealImage({ result, url }: { result: CaptureResult; url: string }) {
  const { t } = useTexts();
  const side = viewSide(result);
  if (!url) return null;
  const { widthMm, heightMm } = result.picture;
  return (
    <img
      className="cap-centred"
      src={url}
      alt={t('seals:capture.views.sealAlt', { shape: t(`seals:shape.${result.shape}`) })}
      draggable={false}
      style={{ width: `${(widthMm / side) * 100}%`, height: `${(heightMm / side) * 100}%` }}
    />
  );
}

/** Lines and numbers over a picture; what they mean is told in the rows below. */
function Marks({
  result,
  findings,
  side,
}: {
  result: CaptureResult;
  findings: readonly Finding[];
  side: 'scan' | 'seal';
}) {
  const whole = viewSide(result);
  const turn = side === 'scan' ? result.rotation : 0;
  const shown = findings.flatMap(({ mark }, index) => {
    if (!mark || (side === 'seal' && (mark.kind === 'skew' || mark.kind === 'specks'))) return [];
    return [{ mark, number: index + 1, turn: mark.kind === 'skew' ? 0 : turn }];
  });
  return (
    <>
      <svg className="cap-over" viewBox={`${-whole / 2} ${-whole / 2} ${whole} ${whole}`} aria-hidden="true">
        {shown.map(({ mark, number, turn }) => (
          <g key={number} transform={`rotate(${turn})`}>
            <Lines mark={mark} result={result} />
          </g>
        ))}
      </svg>
      {shown.map(({ mark, number, turn }) => (
        <Numbered key={number} at={turned(mark.at, turn)} whole={whole}>
          {number}
        </Numbered>
      ))}
    </>
  );
}

function Numbered({ at, whole, children }: { at: Point; whole: number; children: ReactNode }) {
  return (
    <b
      className="cap-no"
      aria-hidden="true"
      style={{ left: `${50 + (at.x / whole) * 100}%`, top: `${50 + (at.y / whole) * 100}%` }}
    >
      {children}
    </b>
  );
}

const line = ([from, to]: readonly [Point, Point]) => `M${from.x} ${from.y}L${to.x} ${to.y}`;

function Lines({ mark, result }: { mark: Mark; result: CaptureResult }) {
  if (mark.kind === 'gap') {
    return (
      <>
        <path className="strong" d={`M${mark.arc.map(({ x, y }) => `${x} ${y}`).join('L')}`} />
        <path className="strong" d={mark.ends.map(line).join('')} />
        <path d={line(mark.lead)} />
      </>
    );
  }
  if (mark.kind === 'weak') return <path d={line(mark.lead)} />;
  if (mark.kind === 'skew') return <path className="dash" d={mark.lines.map(line).join('')} />;
  if (mark.kind === 'specks') {
    return (
      <>
        {mark.circles.map(({ x, y, r }) => (
          <circle key={`${x} ${y}`} className="dash" cx={x} cy={y} r={r} />
        ))}
        <path d={line(mark.lead)} />
      </>
    );
  }
  const { x, y } = mark.shift;
  const { widthMm, heightMm, shape } = result;
  if (shape === 'square' || shape === 'rectangle') {
    return (
      <rect className="dash" x={x - widthMm / 2} y={y - heightMm / 2} width={widthMm} height={heightMm} />
    );
  }
  return <ellipse className="dash" cx={x} cy={y} rx={widthMm / 2} ry={heightMm / 2} />;
}

/** Its width (and height, where that is another one) below and beside it. */
function Size({ result }: { result: CaptureResult }) {
  const { language } = useTexts();
  const whole = viewSide(result);
  const unit = whole / 56;
  const [a, b] = [result.widthMm / 2, result.heightMm / 2];
  const below = Math.min(b + 4 * unit, whole / 2 - 2.6 * unit);
  const beside = Math.min(a + 4 * unit, whole / 2 - 2.6 * unit);
  const two = result.shape === 'ellipse' || result.shape === 'rectangle';
  const share = (mm: number) => `${50 + (mm / whole) * 100}%`;
  return (
    <>
      <svg className="cap-over" viewBox={`${-whole / 2} ${-whole / 2} ${whole} ${whole}`} aria-hidden="true">
        <path
          d={`M${-a} ${b + 0.6 * unit}V${below + unit}M${a} ${b + 0.6 * unit}V${below + unit}M${-a} ${below}H${-5.6 * unit}M${5.6 * unit} ${below}H${a}`}
        />
        {two && (
          <path
            d={`M${a + 0.6 * unit} ${-b}H${beside + unit}M${a + 0.6 * unit} ${b}H${beside + unit}M${beside} ${-b}V${-1.8 * unit}M${beside} ${1.8 * unit}V${b}`}
          />
        )}
      </svg>
      <span className="cap-mm" style={{ left: '50%', top: share(below) }}>
        {formatMm(result.widthMm, language)} mm
      </span>
      {two && (
        <span className="cap-mm" style={{ left: share(beside), top: '50%' }}>
          {formatMm(result.heightMm, language)}
        </span>
      )}
    </>
  );
}
