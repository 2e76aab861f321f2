import { Collapsible } from '@base-ui/react/collapsible';
import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';

/** Something that most people need not see, folded away under one line. */
export function Fold({
  title,
  note,
  children,
  open,
}: {
  title: string;
  note?: string;
  children: ReactNode;
  open?: boolean;
}) {
  return (
    <Collapsible.Root className="fold" defaultOpen={open ?? false}>
      <Collapsible.Trigger className="fold-line">
        <Icon name="right" size="small" />
        {title}
        {note && <span className="note">{note}</span>}
      </Collapsible.Trigger>
      <Collapsible.Panel className="fold-body">{children}</Collapsible.Panel>
    </Collapsible.Root>
  );
}
