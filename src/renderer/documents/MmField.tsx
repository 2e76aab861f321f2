import { useState } from 'react';
import { formatMm, useTexts } from '../look/index.ts';
import { parseMm } from './placing.ts';

/** A length in millimetres. What is typed counts when the field is left or Enter is pressed; arrows move it. */
export function MmField({
  label,
  short,
  value,
  min,
  max,
  disabled,
  onChange,
}: {
  label: string;
  short: string;
  value: number | null;
  min: number;
  max: number;
  disabled: boolean;
  onChange: (mm: number) => void;
}) {
  const { t, language } = useTexts();
  const [text, setText] = useState<string | null>(null);
  const wrong = text !== null && parseMm(text, min, max) === null;
  const commit = () => {
    const mm = text === null ? null : parseMm(text, min, max);
    if (mm !== null && mm !== value) onChange(mm);
    setText(null);
  };
  return (
    <label className={wrong ? 'is-wrong' : undefined}>
      <span className="note" aria-hidden="true">
        {short}
      </span>
      <input
        aria-label={label}
        aria-invalid={wrong}
        title={wrong ? t('documents:place.range', { min, max: formatMm(max, language) }) : undefined}
        inputMode="decimal"
        disabled={disabled}
        value={text ?? (value === null ? '' : formatMm(value, language))}
        placeholder="–"
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setText(null);
          if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && value !== null) {
            event.preventDefault();
            const next = value + (event.key === 'ArrowUp' ? 1 : -1) * (event.shiftKey ? 0.1 : 1);
            setText(null);
            onChange(Math.max(min, Math.min(max, Math.round(next * 10) / 10)));
          }
        }}
      />
    </label>
  );
}
