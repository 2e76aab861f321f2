import { createElement } from 'react';
import { type IconName, icons, type Shape } from './icons.ts';

export type { IconName } from './icons.ts';

const sizes = { small: 'i i-s', normal: 'i', large: 'i i-l' } as const;

/** A drawing beside a word. It is hidden from screen readers, because the word says it. */
export function Icon({
  name,
  size = 'normal',
  className,
}: {
  name: IconName;
  size?: keyof typeof sizes;
  className?: string;
}) {
  const shapes: readonly Shape[] = icons[name];
  return (
    <svg
      className={className ? `${sizes[size]} ${className}` : sizes[size]}
      viewBox="0 0 24 24"
      aria-hidden="true"
    >
      {shapes.map(([tag, attributes], index) =>
        createElement(tag, { key: `${name}${index}`, ...camelCased(attributes) }),
      )}
    </svg>
  );
}

function camelCased(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}
