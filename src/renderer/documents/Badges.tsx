import type { Verification } from '../../shared/domain/index.ts';
import { useTexts } from '../look/index.ts';
import { standingOfSignature } from './verdict.ts';

/** Numbers beside the seals on a page, the same as in the list; a click shows that seal's entry. */
export function Badges({
  verification,
  page,
  pxPerMm,
  onPick,
}: {
  verification: Verification;
  page: number;
  pxPerMm: number;
  onPick: (index: number) => void;
}) {
  const { t } = useTexts();
  return (
    <>
      {verification.signatures.map((signature, index) =>
        signature.widgets
          .filter((widget) => widget.page === page)
          .map(({ rect }) => {
            const bad = standingOfSignature(signature) === 'invalid';
            return (
              <span key={`${signature.field} ${rect.x} ${rect.y}`}>
                {bad && (
                  <span
                    className="struck"
                    style={{
                      left: rect.x * pxPerMm,
                      top: rect.y * pxPerMm,
                      width: rect.width * pxPerMm,
                      height: rect.height * pxPerMm,
                    }}
                  />
                )}
                <button
                  type="button"
                  className={bad ? 'no is-bad' : 'no'}
                  style={{
                    left: Math.max(0, rect.x * pxPerMm - 14),
                    top: Math.max(0, rect.y * pxPerMm - 8),
                  }}
                  aria-label={t('verify:badge', {
                    number: index + 1,
                    unit: signature.unit || signature.signer,
                    standing: t(`verify:verdict.${standingOfSignature(signature)}`),
                  })}
                  onClick={() => onPick(index)}
                >
                  {index + 1}
                </button>
              </span>
            );
          }),
      )}
    </>
  );
}
