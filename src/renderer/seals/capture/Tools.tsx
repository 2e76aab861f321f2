import { useState } from 'react';
import { type InkColour, inkColours } from '../../../shared/domain/index.ts';
import {
  Button,
  formatMm,
  formatNumber,
  Icon,
  type IconName,
  Segmented,
  useTexts,
} from '../../look/index.ts';
import type { Capture } from './use-capture.ts';

const mostNudge = 5;

/** Help by hand: turn, move, more or less ink, which ink, the true size. */
export function Tools({ capture }: { capture: Capture }) {
  const { t, language } = useTexts();
  const { wishes } = capture;
  const { rotate, dx, dy, threshold } = wishes.adjust;
  // A seal that is said to lean more to the left is turned to the right.
  const turn = rotate === 0 ? 0 : -rotate;
  const nudge = (axis: 'dx' | 'dy', by: number) => {
    const to = Math.max(-mostNudge, Math.min(mostNudge, wishes.adjust[axis] + by));
    capture.adjust({ [axis]: Math.round(to * 10) / 10 }, 'nudge');
  };
  const arrow = (name: 'left' | 'right' | 'up' | 'down', icon: IconName, axis: 'dx' | 'dy', by: number) => (
    <Button small aria-label={t(`seals:capture.tools.${name}`)} onClick={() => nudge(axis, by)}>
      <Icon name={icon} size="small" />
    </Button>
  );
  return (
    <div className="cap-tools" data-testid="capture-tools">
      <Slide
        label={t('seals:capture.tools.turn')}
        value={turn}
        min={-180}
        max={180}
        step={0.1}
        shown={t('seals:unit.degrees', { value: formatNumber(turn, language) })}
        onChange={(value) => capture.adjust({ rotate: value === 0 ? 0 : -value }, 'turn')}
        testId="capture-turn"
      />
      <Slide
        label={t('seals:capture.tools.ink')}
        value={threshold}
        min={-1}
        max={1}
        step={0.05}
        shown={`${threshold > 0 ? '+' : ''}${formatNumber(threshold * 100, language)}`}
        onChange={(value) => capture.adjust({ threshold: value }, 'ink')}
        testId="capture-threshold"
      />
      <fieldset className="cap-tool" aria-label={t('seals:capture.tools.move')}>
        <span className="cap-tool-name">{t('seals:capture.tools.move')}</span>
        <span className="cap-nudge">
          {arrow('left', 'left', 'dx', -0.1)}
          {arrow('right', 'right', 'dx', 0.1)}
          {arrow('up', 'prev', 'dy', -0.1)}
          {arrow('down', 'down', 'dy', 0.1)}
        </span>
        <span className="note nowrap">
          {t('seals:capture.tools.moved', { x: formatMm(dx, language), y: formatMm(dy, language) })}
        </span>
      </fieldset>
      <div className="cap-tool">
        <span className="cap-tool-name">{t('seals:capture.tools.colour')}</span>
        <InkChoice capture={capture} />
        <label className="cap-tick">
          <input
            type="checkbox"
            checked={wishes.ownColour}
            onChange={(event) => capture.change({ ownColour: event.target.checked }, 'own')}
          />
          {t('seals:capture.tools.own')}
        </label>
      </div>
      <div className="cap-tool">
        <span className="cap-tool-name">{t('seals:capture.tools.diameter')}</span>
        <DiameterField capture={capture} />
        <span className="note">{t('seals:capture.tools.diameterNote')}</span>
      </div>
      <Button
        small
        disabled={rotate === 0 && dx === 0 && dy === 0 && threshold === 0}
        onClick={capture.reset}
        className="cap-reset"
      >
        {t('seals:capture.tools.reset')}
      </Button>
    </div>
  );
}

export function InkChoice({ capture }: { capture: Capture }) {
  const { t } = useTexts();
  return (
    <Segmented<InkColour>
      label={t('seals:capture.tools.colour')}
      value={capture.wishes.colour}
      options={inkColours.map((colour) => [colour, t(`seals:capture.colour.${colour}`)] as const)}
      onChange={(colour) => capture.change({ colour }, 'colour')}
    />
  );
}

function Slide({
  label,
  value,
  min,
  max,
  step,
  shown,
  onChange,
  testId,
}: {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  shown: string;
  onChange: (value: number) => void;
  testId: string;
}) {
  return (
    <label className="cap-tool">
      <span className="cap-tool-name">{label}</span>
      <input
        type="range"
        className="cap-range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={shown}
        onChange={(event) => onChange(Number(event.target.value))}
        data-testid={testId}
      />
      <span className="cap-shown">{shown}</span>
    </label>
  );
}

/** What was typed as millimetres between 5 and 100; null when it is none. */
function typedDiameter(text: string): number | null {
  const plain = text.trim().replace(/[,，。]/, '.');
  if (!/^\d{1,3}(\.\d{1,2})?$/.test(plain)) return null;
  const value = Number(plain);
  return value >= 5 && value <= 100 ? value : null;
}

/** The seal's true diameter, where the scan does not tell it or tells it wrongly. Enter, or leaving it, counts. */
export function DiameterField({ capture, first }: { capture: Capture; first?: boolean }) {
  const { t, language } = useTexts();
  const { diameterMm } = capture.wishes;
  const [text, setText] = useState<string | null>(null);
  const typed = text === null ? null : typedDiameter(text);
  const wrong = text !== null && text.trim() !== '' && typed === null;
  const commit = () => {
    if (text === null || wrong) return;
    capture.change({ diameterMm: typed }, 'diameter');
    setText(null);
  };
  return (
    <span className={first ? 'cap-diameter is-first' : 'cap-diameter'}>
      <input
        className="field"
        inputMode="decimal"
        aria-label={t('seals:capture.tools.diameter')}
        aria-invalid={wrong}
        placeholder={capture.session?.result ? formatMm(capture.session.result.widthMm, language) : '42.0'}
        value={text ?? (diameterMm === null ? '' : formatMm(diameterMm, language))}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setText(null);
        }}
        data-testid="capture-diameter"
      />
      <span>mm</span>
      {first && (
        <Button kind="main" onClick={commit} disabled={typed === null}>
          {t('seals:capture.tools.diameterDo')}
        </Button>
      )}
      {wrong && <span className="note warn">{t('seals:capture.tools.diameterWrong')}</span>}
    </span>
  );
}
