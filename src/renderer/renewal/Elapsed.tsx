import { useEffect, useState } from 'react';
import { useTexts } from '../look/index.ts';
import { scaleOf, secondsSince } from './page.ts';
import { span } from './words.ts';

/** The time of day, anew every second while it is shown. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Elapsed time on the scale of what is usual: nothing is promised that the key does not tell. */
export function Elapsed({
  startedAt,
  usual,
}: {
  startedAt: string;
  usual: readonly [number, number] | null;
}) {
  const { t } = useTexts();
  const elapsed = secondsSince(startedAt, useNow());
  const scale = scaleOf(elapsed, usual);
  const said = t('renewal:elapsed', { span: span(t, elapsed) });
  const usually =
    scale && usual
      ? scale.late
        ? t('renewal:late', { span: span(t, usual[1]) })
        : t('renewal:usual', { from: usual[0], to: span(t, usual[1]) })
      : t('renewal:usualUnknown');
  const last = scale ? scale.ticks.length - 1 : -1;
  return (
    <div className="renew-time" data-testid="elapsed">
      <div className="now">
        <span className="strong">{said}</span>
        <span className="note">{usually}</span>
      </div>
      {scale && (
        <>
          <div
            className="track"
            role="progressbar"
            aria-label={t('renewal:elapsedLabel')}
            aria-valuetext={`${said}${t('common:comma')}${usually}`}
          >
            <b style={{ width: `${(scale.share * 100).toFixed(1)}%` }} />
          </div>
          <div className="scale" aria-hidden="true">
            <i
              className="usual"
              style={{ left: `${scale.from * 100}%`, width: `${(scale.to - scale.from) * 100}%` }}
            />
            {scale.ticks.map(({ at, seconds }, index) => (
              <span
                key={seconds}
                className={at > 0.99 ? 'end' : undefined}
                style={at > 0.99 ? {} : { left: `${at * 100}%` }}
              >
                {index === last ? t('renewal:tick', { count: seconds }) : seconds}
              </span>
            ))}
          </div>
        </>
      )}
    </div>
  );
}
