import type { ReactNode } from 'react';
import { describeError } from './describe-error.ts';
import { Icon } from './Icon.tsx';
import { useTexts } from './texts.ts';

/** A failure in words: what happened, what it means, what to do now; the code small, for the hotline. */
export function Trouble({
  error,
  actions,
  level = 3,
}: {
  error: unknown;
  actions?: ReactNode;
  level?: 2 | 3;
}) {
  const { t } = useTexts();
  const words = describeError(t, error);
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <section className="trouble" role="alert">
      <Icon name="warn" className="warn" />
      <div className="trouble-text">
        <Heading>{words.heading}</Heading>
        <p>{words.meaning}</p>
        <p>{words.next}</p>
        <p className="note">{words.technical}</p>
      </div>
      {actions && <div className="trouble-actions">{actions}</div>}
    </section>
  );
}
