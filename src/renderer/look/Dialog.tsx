import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode, RefObject } from 'react';
import { Icon } from './Icon.tsx';
import { useTexts } from './texts.ts';

/** A question or a card above the window. Esc and the cross close it; focus comes back to where it was. */
export function Dialog({
  open,
  onClose,
  title,
  children,
  actions,
  wide,
  first,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** Cancel left, the act right. */
  actions?: ReactNode;
  wide?: boolean;
  /** What has the focus when it opens; else the first thing that can. */
  first?: RefObject<HTMLElement | null>;
}) {
  const { t } = useTexts();
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="dialog-scrim" />
        <Base.Popup className={wide ? 'dialog is-wide' : 'dialog'} {...(first && { initialFocus: first })}>
          <header>
            <Base.Title>{title}</Base.Title>
            <Base.Close className="icon-button" aria-label={t('common:close')}>
              <Icon name="cross" />
            </Base.Close>
          </header>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what may scroll must be within reach of the keyboard */}
          <div className="dialog-body" tabIndex={0}>
            {children}
          </div>
          {actions && <footer>{actions}</footer>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
