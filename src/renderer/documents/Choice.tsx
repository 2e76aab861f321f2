import { Select } from '@base-ui/react/select';
import type { ReactNode } from 'react';
import { Icon } from '../look/index.ts';

export interface ChoiceOption {
  value: string;
  /** What a screen reader says and what typing a letter finds. */
  name: string;
  content: ReactNode;
  /** Heading under which it stands; options of one group follow one another. */
  group?: string;
  /** For tests: what kind of thing it is. */
  kind?: string;
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
            {groupsOf(options).map(({ name, members }) =>
              name === null ? (
                members.map((option) => <Item key={option.value} option={option} />)
              ) : (
                <Select.Group key={name} className="choice-group">
                  <Select.GroupLabel className="choice-group-name note">{name}</Select.GroupLabel>
                  {members.map((option) => (
                    <Item key={option.value} option={option} />
                  ))}
                </Select.Group>
              ),
            )}
          </Select.Popup>
        </Select.Positioner>
      </Select.Portal>
    </Select.Root>
  );
}

function Item({ option }: { option: ChoiceOption }) {
  return (
    <Select.Item value={option.value} className="menu-item choice-item" data-kind={option.kind}>
      <Select.ItemText className="choice-content">{option.content}</Select.ItemText>
      <Select.ItemIndicator className="choice-mark">
        <Icon name="check" size="small" />
      </Select.ItemIndicator>
    </Select.Item>
  );
}

function groupsOf(options: readonly ChoiceOption[]): { name: string | null; members: ChoiceOption[] }[] {
  const groups: { name: string | null; members: ChoiceOption[] }[] = [];
  for (const option of options) {
    const name = option.group ?? null;
    const last = groups.at(-1);
    if (last && last.name === name) last.members.push(option);
    else groups.push({ name, members: [option] });
  }
  return groups;
}
