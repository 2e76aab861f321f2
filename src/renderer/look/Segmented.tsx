import { Radio } from '@base-ui/react/radio';
import { RadioGroup } from '@base-ui/react/radio-group';

/** A choice of few, all in sight. Arrow keys move it. */
export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly (readonly [value: T, word: string])[];
  onChange: (value: T) => void;
}) {
  return (
    <RadioGroup
      className="seg"
      aria-label={label}
      value={value}
      onValueChange={(next) => onChange(next as T)}
    >
      {options.map(([option, word]) => (
        <Radio.Root key={option} value={option} className="seg-option" aria-label={word}>
          {word}
        </Radio.Root>
      ))}
    </RadioGroup>
  );
}
