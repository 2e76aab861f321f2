import { Select } from '@base-ui/react/select';
import type { ReactNode } from 'react';
import { Icon } from '../look/index.ts';

export interface ChoiceOption {
  value: string;
  /** What a screen reader says and what typing a letter finds. */
  name: string;
  content: ReactNode;
}

/** One of several, of which the chosen one is shown. `card`: with a picture; `line`: one line. */
export function Choice({
  label,
  value,
  options,
  onChange,
  shape,
  disabled,
  placeholder,
  testId,
}: {
  label: string;
  value: string | null;
  options: readonly ChoiceOption[];
  onChange: (value: string) => void;
  shape: 'card' | 'line';
  disabled?: boolean;
  placeholder?: ReactNode;
  testId?: string;
}) {
  const chosen = options.find((option) => option.value === value);
  return (
    <Select.Root
      value={value}
      onValueChange={(next) => {
        if (typeof next === 'string') onChange(next);
      }}
      items={options.map((option) => ({ value: option.value, label: option.name }))}
      disabled={disabled ?? false}
    >
      <Select.Trigger
        className={shape === 'card' ? 'pick' : 'pick is-line'}
        aria-label={chosen ? `${label} ${chosen.name}` : label}
        data-testid={testId}
      >
        {chosen?.content ?? placeholder}
        <Icon name="down" size="small" className="grey" />
      </Select.Trigger>
      <Select.Portal>
        <Select.Positioner className="layer" sideOffset={4} alignItemWithTrigger={false}>
          <Select.Popup className="menu choice-menu">
            {options.map((option) => (
              <Select.Item key={option.value} value={option.value} className="menu-item choice-item">
                <Select.ItemText className="choice-content">{option.content}</Select.ItemText>
                <Select.ItemIndicator className="choice-mark">
                  <Icon name="check" size="small" />
                </Select.ItemIndicator>
              </Select.Item>
            ))}
          </Select.Popup>
        </Select.Positioner>
      </Select.Portal>
    </Select.Root>
  );
}
