import type { ReactNode } from 'react';
import type { Verification } from '../../shared/domain/index.ts';
import { Band, type Translate, useTexts } from '../look/index.ts';
import { numbersWith, standingOf, standingSigns } from './verdict.ts';

/** The one sentence over a file, with its next step. */
export function sentenceOf(t: Translate, verification: Verification): string {
  const broken = numbersWith(verification, 'invalid');
  const unproven = numbersWith(verification, 'limited');
  const revoked = verification.signatures.some((signature) => signature.trust === 'revoked');
  const sentence = revoked && verification.sentence === 'trust-unproven' ? 'revoked' : verification.sentence;
  return t(`verify:sentence.${sentence}`, {
    count: verification.signatures.length,
    which: (broken.length > 0 ? broken : unproven).join(t('verify:listComma')),
  });
}

/** One band: icon, word, one sentence with the next step. */
export function VerdictBand({ verification, actions }: { verification: Verification; actions?: ReactNode }) {
  const { t } = useTexts();
  const standing = standingOf(verification);
  const { tone, icon } = standingSigns[standing];
  return (
    <Band tone={tone} icon={icon} word={t(`verify:verdict.${standing}`)} actions={actions}>
      {sentenceOf(t, verification)}
    </Band>
  );
}
