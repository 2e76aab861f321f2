import type { ButtonHTMLAttributes } from 'react';
import { Icon, type IconName } from './Icon.tsx';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** 'main': the one next step of a screen. 'plain': everything else. */
  kind?: 'main' | 'plain';
  small?: boolean;
  wide?: boolean;
  icon?: IconName;
  /** Base UI hands these on. */
  ref?: React.Ref<HTMLButtonElement>;
}

/** A button says a verb. */
export function Button({
  kind = 'plain',
  small,
  wide,
  icon,
  className,
  children,
  type,
  ...rest
}: ButtonProps) {
  const names = ['btn', kind === 'main' && 'btn-main', small && 'btn-small', wide && 'btn-wide', className];
  return (
    <button {...rest} type={type ?? 'button'} className={names.filter(Boolean).join(' ')}>
      {icon && <Icon name={icon} size="small" />}
      {children}
    </button>
  );
}

/** The one red: the act that stamps. Nothing else in the client may look like it. */
export function StampButton({
  className,
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { ref?: React.Ref<HTMLButtonElement> }) {
  return (
    <button
      {...rest}
      type="button"
      className={['btn btn-stamp btn-wide', className].filter(Boolean).join(' ')}
    >
      {children}
    </button>
  );
}

/** Looks like a link in running text, and does something. */
export function LinkButton({
  className,
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { ref?: React.Ref<HTMLButtonElement> }) {
  return (
    <button {...rest} type="button" className={['link', className].filter(Boolean).join(' ')}>
      {children}
    </button>
  );
}
