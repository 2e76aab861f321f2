import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type {
  Check,
  DocumentInfo,
  PageSize,
  Placement,
  RectMm,
  StampResult,
} from '../../shared/domain/index.ts';
import { call, on, useCertificates, usePictures, useSeals, useSnapshot } from '../api/index.ts';
import { marksOf, proposedMark, type ShownMark, signerFor, sizeOf } from './marks.ts';
import { type PageListTrouble, parsePageList } from './page-list.ts';
import { clampToPage, firstPlace, isOnPage, reshaped } from './placing.ts';
import type { PreviewTrouble } from './preview/pdf.ts';
import { type Signer, signersOf, whyNoSigner } from './signers.ts';

export type Spread = 'this' | 'all' | 'list';
export type Target = 'beside' | 'ask' | 'replace';
export type StampStep = 'preparing' | 'pin' | 'token' | 'checking' | 'saving';
export interface Progress {
  step: StampStep;
  share: number | null;
}

/** Why the stamp button is shut, as a word for texts: `documents:go.shut.<word>`. */
export type Shut = 'seal' | 'signer' | 'place' | 'pages' | 'off-page' | 'preview' | 'check' | 'checking';

/** Everything that is chosen for one act of stamping, and the act. */
export interface Job {
  /** Seals of the plugged keys, then signature pictures. */
  marks: readonly ShownMark[];
  mark: ShownMark | null;
  /** It is known what can be chosen. */
  marksKnown: boolean;
  /** Why a picture was refused, or why there is no list of them. */
  pictureError: unknown;
  /** Size of the mark in millimetres. */
  width: number;
  height: number;
  signers: readonly Signer[];
  signer: Signer | null;
  whyNoSigner: ReturnType<typeof whyNoSigner>;
  spread: Spread;
  listText: string;
  listTrouble: { trouble: PageListTrouble; page: number } | null;
  /** Pages that get the seal, 1-based. */
  pages: readonly number[];
  /** Size of the page in view, and where the seal lies; null: not placed yet. */
  size: PageSize;
  rect: RectMm | null;
  checks: readonly Check[];
  checking: boolean;
  checkError: unknown;
  target: Target;
  shut: Shut | null;
  busy: boolean;
  progress: Progress | null;
  /** Why the last try failed; null after `forgetError`. */
  error: unknown;
  pickMark(value: string): void;
  addPicture(): void;
  pickSigner(id: string): void;
  setSpread(spread: Spread): void;
  setListText(text: string): void;
  setTarget(target: Target): void;
  moveTo(change: { x?: number; y?: number }): void;
  /** While the seal is dragged. */
  move(rect: RectMm): void;
  /** The seal was let go: now the checks run. */
  drop(rect: RectMm): void;
  remove(): void;
  resize(width: number): void;
  placeByKeyboard(): void;
  stamp(): void;
  cancel(): void;
  forgetError(): void;
}

/** How long the choices must rest before main is asked for checks. */
const checkAfterMs = 150;

export function useJob({
  info,
  page,
  previewTrouble,
  onStamped,
  onPlaced,
}: {
  info: DocumentInfo;
  page: number;
  previewTrouble: PreviewTrouble | null;
  onStamped: (result: StampResult, place: RectMm) => void;
  /** The seal was put on the page by the keyboard: the focus goes there. */
  onPlaced: () => void;
}): Job {
  const { snapshot } = useSnapshot();
  const pictures = usePictures();
  const { cards: seals } = useSeals();
  const [markValue, setMarkValue] = useState<string | null>(null);
  const [signerId, setSignerId] = useState<string | null>(null);
  const [spread, setSpread] = useState<Spread>('this');
  const [listText, setListText] = useState('');
  const [target, setTarget] = useState<Target>('beside');
  const [widths, setWidths] = useState<Record<string, number>>({});
  const [rect, setRect] = useState<RectMm | null>(null);
  const [moving, setMoving] = useState(false);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [judged, setJudged] = useState<{ asked: string; mark: string; checks: Check[]; error: unknown }>({
    asked: '',
    mark: '',
    checks: [],
    error: null,
  });

  const size = info.pages[page - 1] ?? info.pages[0]!;
  const marks = useMemo(() => marksOf(seals ?? [], pictures.list ?? []), [seals, pictures.list]);
  const mark = marks.find(({ value }) => value === markValue) ?? proposedMark(marks);
  const { width, height } = sizeOf(mark, widths);
  const { cards } = useCertificates();
  const signers = useMemo(() => signersOf(snapshot, cards ?? []), [snapshot, cards]);
  const signer = signerFor(mark, signers, signerId);

  const parsed = useMemo(() => parsePageList(listText, info.pages.length), [listText, info.pages.length]);
  const pages = useMemo(() => {
    if (spread === 'this') return [page];
    if (spread === 'all') return info.pages.map((_, index) => index + 1);
    return parsed.ok ? parsed.pages : [page]; // while the list is mended, the seal stays in sight
  }, [spread, page, parsed, info.pages]);
  const listTrouble = spread === 'list' && !parsed.ok ? { trouble: parsed.trouble, page: parsed.page } : null;

  const place = rect ?? firstPlace({ width, height }, size);
  const placement: Placement = {
    pages: spread === 'all' ? 'all' : spread === 'this' ? String(page) : listText.trim(),
    x: place.x,
    y: place.y,
    width: place.width,
    height: place.height,
  };
  const request = {
    document: info.id,
    sha256: info.sha256,
    placement: listTrouble ? { ...placement, pages: String(page) } : placement,
    ...(mark && { mark: { kind: mark.kind, id: mark.id } }),
    ...(signer && { token: signer.token, certificate: signer.certificate.id }),
  };
  const wanted = JSON.stringify(request);
  // Flags of the key and dates count too: another snapshot asks again, and so does news of the seal.
  const revision = snapshot?.revision ?? 0;
  const standing = mark?.kind === 'seal' ? [mark.card.code, mark.card.status] : null;
  const asked = `${revision} ${JSON.stringify(standing)} ${wanted}`;
  const judging = mark?.value ?? 'none';
  const running = progress !== null;

  useEffect(() => {
    if (moving || running) return;
    let current = true;
    const timer = setTimeout(() => {
      call('documents.check', JSON.parse(wanted)).then(
        (checks) => current && setJudged({ asked, mark: judging, checks, error: null }),
        (reason: unknown) => current && setJudged({ asked, mark: judging, checks: [], error: reason }),
      );
    }, checkAfterMs);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [wanted, asked, judging, moving, running]);

  const checking = judged.asked !== asked;
  // Before the seal has a place, nothing can be said of the place; before one is chosen, nothing of the seal.
  // Without a key nothing can be said of its certificates: "ask the authority" would be the wrong advice.
  const keyless = judged.checks.some((check) => check.name === 'key' && check.code === 'token.none');
  const checks = judged.checks.flatMap((check): Check[] => {
    if (check.name === 'certificate' && keyless) return [];
    if (check.name === 'place' && !rect) return [];
    // What was found of another one says nothing of this one.
    if (check.name === 'seal' && (!mark || judged.mark !== judging))
      return [{ ...check, state: 'unknown', code: null, details: {} }];
    return [check];
  });
  const onAllPages = pages.every((number) => isOnPage(place, info.pages[number - 1]!));

  let shut: Shut | null = null;
  if (previewTrouble) shut = 'preview';
  else if (!mark) shut = 'seal';
  else if (!signer) shut = 'signer';
  else if (!rect) shut = 'place';
  else if (listTrouble) shut = 'pages';
  else if (!onAllPages) shut = 'off-page';
  else if (judged.error !== null || checks.some((check) => check.state === 'stop')) shut = 'check';
  else if (checking || moving) shut = 'checking';

  useEffect(
    () => on('documents.progress', (now) => setProgress((before) => (before === null ? before : now))),
    [],
  );

  const drop = useCallback((next: RectMm) => {
    setMoving(false);
    setRect(next);
  }, []);
  // Another mark, or another size of it: the centre stays where it is.
  if (rect && (rect.width !== width || rect.height !== height)) {
    setRect(reshaped(rect, { width, height }, size));
  }

  const latest = useRef({ onStamped, onPlaced });
  latest.current = { onStamped, onPlaced };

  const stamp = async () => {
    if (shut !== null || running || !mark || !signer || !rect) return;
    setError(null);
    setProgress({ step: 'preparing', share: null });
    try {
      const result = await call('documents.stamp', {
        document: info.id,
        sha256: info.sha256,
        token: signer.token,
        certificate: signer.certificate.id,
        mark: { kind: mark.kind, id: mark.id },
        placement,
        target,
      });
      if (result) latest.current.onStamped(result, rect);
    } catch (reason) {
      setError(reason);
    } finally {
      setProgress(null);
    }
  };

  return {
    marks,
    mark,
    marksKnown: seals !== null && pictures.list !== null,
    pictureError: pictures.error,
    width,
    height,
    signers,
    signer,
    whyNoSigner: whyNoSigner(snapshot),
    spread,
    listText,
    listTrouble,
    pages,
    size,
    rect,
    checks,
    checking,
    checkError: judged.asked === asked ? judged.error : null,
    target,
    shut,
    busy: running,
    progress,
    error,
    pickMark: setMarkValue,
    addPicture: () => {
      void pictures.choose().then((chosen) => chosen && setMarkValue(`picture ${chosen.id}`));
    },
    pickSigner: setSignerId,
    setSpread: (next) => {
      setSpread(next);
      if (next === 'list' && listText === '') setListText(String(page));
    },
    setListText,
    setTarget,
    moveTo: (change) => rect && setRect(clampToPage({ ...rect, ...change }, size)),
    move: (next) => {
      setMoving(true);
      setRect(next);
    },
    drop,
    remove: () => {
      setMoving(false);
      setRect(null);
    },
    resize: (next) => {
      if (mark?.kind !== 'picture') return;
      setWidths((now) => ({ ...now, [mark.picture.sha256]: next }));
    },
    placeByKeyboard: () => {
      if (!mark) return;
      setRect((now) => now ?? firstPlace({ width, height }, size));
      latest.current.onPlaced();
    },
    stamp: () => void stamp(),
    cancel: () => {
      call('documents.cancel').catch(setError);
    },
    forgetError: () => setError(null),
  };
}
