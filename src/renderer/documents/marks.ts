import type { SealCard, SignaturePicture } from '../../shared/domain/index.ts';
import { isUsable, sealKey, sealsInOrder } from '../seals/mine/standing.ts';
import { roundMm } from './placing.ts';
import { proposedSigner, type Signer } from './signers.ts';

/** What a stamp can show: a seal of a plugged key, or a signature picture. */
export type ShownMark = {
  /** Stable text for lists. */
  value: string;
  id: string;
  name: string;
  widthMm: number;
  heightMm: number;
} & ({ kind: 'seal'; card: SealCard } | { kind: 'picture'; picture: SignaturePicture });

/** What can be chosen: the seals of the plugged keys first, those that can stamp on top; then the signature pictures. */
export function marksOf(cards: readonly SealCard[], pictures: readonly SignaturePicture[]): ShownMark[] {
  const seals = sealsInOrder(cards.filter(({ present }) => present)).map((card) => ({
    kind: 'seal' as const,
    value: `seal ${sealKey(card)}`,
    id: card.id,
    name: card.name,
    // A seal has its own size, to the last digit.
    widthMm: card.widthMm,
    heightMm: card.heightMm,
    card,
  }));
  return [
    ...seals,
    ...pictures.map((picture) => ({
      kind: 'picture' as const,
      value: `picture ${picture.id}`,
      id: picture.id,
      name: picture.name,
      widthMm: roundMm(picture.widthMm),
      heightMm: roundMm(picture.widthMm) * (picture.heightMm / picture.widthMm),
      picture,
    })),
  ];
}

/** What is chosen while nobody has: the only seal that can stamp; without any seal, the only picture. */
export function proposedMark(marks: readonly ShownMark[]): ShownMark | null {
  const seals = marks.filter((mark) => mark.kind === 'seal');
  const usable = seals.filter(({ card }) => isUsable(card));
  if (usable.length === 1) return usable[0] ?? null;
  return seals.length === 0 && marks.length === 1 ? (marks[0] ?? null) : null;
}

/**
 * Who stamps with it. A seal belongs to one certificate on one key: nobody else can use it, so null where that one can't
 * sign here. With a picture it is whom the user chose, or who is proposed.
 */
export function signerFor(
  mark: ShownMark | null,
  signers: readonly Signer[],
  chosen: string | null,
): Signer | null {
  if (mark?.kind !== 'seal') return signers.find(({ id }) => id === chosen) ?? proposedSigner(signers, mark);
  const { token, certificate } = mark.card;
  return (
    signers.find(
      (signer) =>
        signer.token.module === token.module &&
        signer.token.serial === token.serial &&
        signer.token.label === token.label &&
        signer.certificate.sha256 === certificate?.sha256,
    ) ?? null
  );
}

/** The size that it is drawn at, in millimetres: pictures may be resized, a seal never. */
export function sizeOf(mark: ShownMark | null, widths: Readonly<Record<string, number>>) {
  if (!mark) return { width: 42, height: 42 };
  if (mark.kind === 'seal') return { width: mark.widthMm, height: mark.heightMm };
  const width = widths[mark.picture.sha256] ?? mark.widthMm;
  return { width, height: width * (mark.heightMm / mark.widthMm) };
}
