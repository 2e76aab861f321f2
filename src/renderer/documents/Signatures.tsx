import { type ReactNode, useEffect, useRef } from 'react';
import type { PageSize, SignatureReport, Verification } from '../../shared/domain/index.ts';
import {
  describeError,
  Facts,
  Fold,
  formatDate,
  formatDateTime,
  formatDateTimeLong,
  Icon,
  inGroups,
  StateWord,
  type Translate,
  useTexts,
} from '../look/index.ts';
import { makerName } from '../seals/mine/maker.ts';
import { StepList } from '../seals/mine/StepList.tsx';
import { stepSigns } from '../seals/mine/standing.ts';
import type { Preview } from './preview/pdf.ts';
import { usePixelRatio } from './preview/use-size.ts';
import { changesOf, isUnread, marksOf, showsOf, standingOfSignature, standingSigns } from './verdict.ts';

const markIcons = { ok: 'check', warn: 'warn', bad: 'cross' } as const;

/** Every seal of the file: people first, then what was checked, cryptography folded below. */
export function Signatures({
  verification,
  preview,
  sizes,
  onShow,
}: {
  verification: Verification;
  preview: Preview | null;
  sizes: readonly PageSize[];
  onShow: (page: number) => void;
}) {
  const { t } = useTexts();
  const { signatures } = verification;
  const seals = signatures.filter(({ seal }) => seal !== null).length;
  return (
    <>
      <ol className="sigs" aria-label={t('verify:list')}>
        {signatures.map((signature, index) => (
          <Entry
            key={signature.field}
            signature={signature}
            number={index + 1}
            preview={preview}
            sizes={sizes}
            onShow={onShow}
          />
        ))}
      </ol>
      <div className="folds">
        {seals > 0 && (
          <Fold title={t('seals:mine.onPage.fold')} note={t('seals:mine.onPage.foldNote', { count: seals })}>
            {signatures.map(
              ({ field, seal }, index) =>
                seal && (
                  <Numbered key={field} number={index + 1} many={signatures.length > 1}>
                    <SealFactsPart seal={seal} />
                  </Numbered>
                ),
            )}
          </Fold>
        )}
        <Fold title={t('verify:fold.certificates')} note={certificatesNote(t, signatures)}>
          {signatures.map((signature, index) => (
            <Numbered key={signature.field} number={index + 1} many={signatures.length > 1}>
              <CertificateFacts signature={signature} />
            </Numbered>
          ))}
        </Fold>
        <Fold title={t('verify:fold.technical')} note={technicalNote(signatures)}>
          {signatures.map((signature, index) => (
            <Numbered key={signature.field} number={index + 1} many={signatures.length > 1}>
              <TechnicalFacts signature={signature} />
            </Numbered>
          ))}
          <Facts
            small
            rows={[[t('verify:fact.fileSha256'), <code key="f">{inGroups(verification.file.sha256)}</code>]]}
          />
        </Fold>
      </div>
    </>
  );
}

function Numbered({ number, many, children }: { number: number; many: boolean; children: ReactNode }) {
  if (!many) return children;
  return (
    <div className="numbered">
      <b className="no">{number}</b>
      {children}
    </div>
  );
}

function Entry({
  signature,
  number,
  preview,
  sizes,
  onShow,
}: {
  signature: SignatureReport;
  number: number;
  preview: Preview | null;
  sizes: readonly PageSize[];
  onShow: (page: number) => void;
}) {
  const { t, language } = useTexts();
  const standing = standingOfSignature(signature);
  const { tone, icon } = standingSigns[standing];
  const widget = signature.widgets[0];
  const pages = [...new Set(signature.widgets.map((one) => one.page))];
  return (
    <li
      className="sig"
      id={`signature-${number}`}
      tabIndex={-1}
      data-testid="signature"
      data-standing={standing}
    >
      <SealCutOut preview={preview} sizes={sizes} signature={signature} />
      <div>
        <header className="sig-head">
          <b className="no">{number}</b>
          <h3 title={signature.unit || signature.signer}>{signature.unit || signature.signer}</h3>
          <StateWord tone={tone} icon={icon} small>
            {t(`verify:verdict.${standing}`)}
          </StateWord>
        </header>
        <Facts
          rows={[
            ...sealRows(t, signature),
            [t('verify:fact.signer'), signature.signer || t('common:unknown')],
            [t('verify:fact.issuer'), signature.issuer || t('common:unknown')],
            [
              t('verify:fact.time'),
              <span key="time">
                {signature.signedAt
                  ? formatDateTimeLong(signature.signedAt, language)
                  : t('verify:time.missing')}
                {signature.timeSource !== 'none' && (
                  <span className="note below">{t(`verify:time.${signature.timeSource}`)}</span>
                )}
              </span>,
            ],
            [
              t('verify:fact.pages'),
              widget ? (
                <span key="pages">
                  {pages.length > 6
                    ? t('verify:pages.many', { first: pages[0]!, count: pages.length })
                    : t('verify:pages.list', { pages: pages.join(t('verify:listComma')) })}{' '}
                  <button type="button" className="link" onClick={() => onShow(widget.page)}>
                    {t('verify:pages.show')}
                  </button>
                </span>
              ) : (
                t('verify:pages.none')
              ),
            ],
            ...(signature.integrity === 'broken'
              ? []
              : [[t('verify:fact.covers'), t(`verify:coverage.${signature.coverage}`)] as const]),
            [
              t('verify:fact.after'),
              isUnread(signature)
                ? t('verify:after.unread')
                : signature.integrity === 'broken'
                  ? t('verify:after.broken')
                  : changesOf(signature).length === 0
                    ? t('verify:after.none')
                    : t(signature.changesAllowed ? 'verify:after.allowed' : 'verify:after.forbidden', {
                        what: changesOf(signature)
                          .map((change) => t(`verify:change.${change}`))
                          .join(t('verify:listComma')),
                      }),
            ],
          ]}
        />
        <ul className="marks">
          {marksOf(signature).map((mark) => (
            <li key={mark.word}>
              <Icon name={markIcons[mark.state]} size="small" className={mark.state} />
              <span>
                <span className="out-of-sight">{t(`verify:markState.${mark.state}`)}</span>
                {t(`verify:mark.${mark.word}`)}
              </span>
            </li>
          ))}
        </ul>
        {standing !== 'valid' && <p className="why">{t(`verify:reason.${signature.reason}`)}</p>}
      </div>
    </li>
  );
}

type SealReport = NonNullable<SignatureReport['seal']>;

const sealStates = { valid: 'ok', unproven: 'unknown', invalid: 'failed' } as const;

/** The seal of a signature, people first; or that it is none. */
function sealRows(t: Translate, signature: SignatureReport): (readonly [string, ReactNode])[] {
  const { seal } = signature;
  const shows = showsOf(signature);
  if (!seal?.facts) {
    return [
      [
        t('seals:mine.onPage.seal'),
        <span key="seal" data-testid="shows" data-shows={shows}>
          {t(`verify:shows.${shows}`)}
        </span>,
      ],
    ];
  }
  const { facts, verdict, code, pictureDrawn } = seal;
  const sign = stepSigns[sealStates[verdict]];
  const drawn = pictureDrawn === null ? 'unknown' : pictureDrawn ? 'same' : 'differs';
  const why = code === null ? null : describeError(t, { code, details: detailsOf(seal) });
  return [
    [
      t('seals:mine.onPage.seal'),
      <b key="seal" className="strong" data-testid="shows" data-shows={shows}>
        {facts.name}
      </b>,
    ],
    [t('seals:mine.onPage.maker'), facts.maker === null ? t('common:unknown') : makerName(facts.maker)],
    [
      t('seals:mine.onPage.check'),
      <span key="check" data-testid="seal-verdict" data-verdict={verdict}>
        <StateWord tone={sign.tone} icon={sign.icon} small>
          {t(`verify:seal.${verdict}`)}
        </StateWord>
        {why && <span className="note below">{why.heading}</span>}
        <span className="note below">{statusWords(t, seal)}</span>
      </span>,
    ],
    [
      t('seals:mine.onPage.picture'),
      <span key="picture" className={drawn === 'differs' ? 'bad' : undefined} data-drawn={drawn}>
        {t(`seals:mine.onPage.drawn.${drawn}`)}
      </span>,
    ],
  ];
}

/** What the maker's list said of it, and of when that list is. */
function statusWords(t: Translate, { status }: SealReport): string {
  if (status.asOf === null) return t('verify:seal.unasked');
  return t(status.stale ? 'verify:seal.stale' : 'verify:seal.status', {
    date: formatDateTime(status.asOf),
    state: t(`verify:seal.state.${status.state}`),
  });
}

/** What the step that failed found: the words of the failure name it. */
function detailsOf({ facts, steps }: SealReport) {
  const step =
    steps.find(({ state }) => state === 'failed') ?? steps.find(({ state }) => state === 'unknown');
  return { name: facts?.name ?? '', id: facts?.id ?? '', ...step?.details };
}

/** The seal's own number, and its verification step by step. */
function SealFactsPart({ seal }: { seal: SealReport }) {
  const { t } = useTexts();
  return (
    <div className="seal-deep">
      {seal.facts && (
        <Facts
          small
          rows={[
            [t('seals:mine.onPage.id'), seal.facts.id],
            [
              t('seals:mine.fact.valid'),
              t('verify:validity', {
                from: formatDate(seal.facts.validFrom) || t('common:unknown'),
                to: formatDate(seal.facts.validUntil) || t('common:unknown'),
              }),
            ],
            [t('seals:mine.deep.maker'), seal.facts.maker ?? t('common:unknown')],
            [t('seals:mine.deep.sha256'), <code key="h">{inGroups(seal.facts.sha256)}</code>],
          ]}
        />
      )}
      <StepList steps={seal.steps} />
    </div>
  );
}

/** The seal as the page shows it, cut out of the page: what one compares with the paper in hand. */
function SealCutOut({
  preview,
  sizes,
  signature,
}: {
  preview: Preview | null;
  sizes: readonly PageSize[];
  signature: SignatureReport;
}) {
  const { t } = useTexts();
  const ratio = usePixelRatio();
  const holder = useRef<HTMLSpanElement>(null);
  const widget = signature.widgets[0];
  const size = widget && sizes[widget.page - 1];
  const visible = widget && size && widget.rect.width > 1 && widget.rect.height > 1;
  useEffect(() => {
    const place = holder.current;
    if (!place || !preview || !widget || !size || !visible) return;
    const stop = new AbortController();
    const { rect } = widget;
    const side = Math.max(rect.width, rect.height);
    const pxPerMm = (64 * ratio) / side;
    preview.draw(widget.page, Math.round(size.widthMm * pxPerMm), 0, stop.signal).then(
      (drawn) => {
        const scale = drawn.width / size.widthMm;
        const cut = document.createElement('canvas');
        cut.width = Math.max(1, Math.round(rect.width * scale));
        cut.height = Math.max(1, Math.round(rect.height * scale));
        cut.getContext('2d')?.drawImage(drawn, -Math.round(rect.x * scale), -Math.round(rect.y * scale));
        place.replaceChildren(cut);
      },
      () => {
        // The page view tells why there is no picture; the tile stays empty.
      },
    );
    return () => stop.abort();
  }, [preview, widget, size, visible, ratio]);
  return (
    <span className="seal-tile">
      {visible ? (
        <span ref={holder} className="cut-out" />
      ) : (
        <span className="note">{t('verify:invisible')}</span>
      )}
    </span>
  );
}

function certificatesNote(t: Translate, signatures: readonly SignatureReport[]): string {
  const issuers = [...new Set(signatures.map((signature) => signature.issuer).filter(Boolean))];
  return issuers.length === 1 ? issuers[0]! : t('verify:fold.issuers', { count: issuers.length });
}

function technicalNote(signatures: readonly SignatureReport[]): string {
  const kinds = [...new Set(signatures.map((one) => [one.level, one.keyType].filter(Boolean).join(', ')))];
  return kinds.filter(Boolean).slice(0, 2).join(' · ');
}

function CertificateFacts({ signature }: { signature: SignatureReport }) {
  const { t } = useTexts();
  return (
    <Facts
      small
      rows={[
        [t('verify:fact.why'), t(`verify:reason.${signature.reason}`)],
        [
          t('verify:fact.validity'),
          t('verify:validity', {
            from: formatDate(signature.notBefore) || t('common:unknown'),
            to: formatDate(signature.notAfter) || t('common:unknown'),
          }),
        ],
        [t('verify:fact.serial'), <code key="s">{inGroups(signature.certificateSerial)}</code>],
        [t('verify:fact.sha256'), <code key="h">{inGroups(signature.certificateSha256)}</code>],
        [
          t('verify:fact.chain'),
          <ol key="c" className="chain">
            {[...new Set(signature.chain)].map((subject) => (
              <li key={subject}>{subject}</li>
            ))}
            {signature.chain.length === 0 && <li>{t('common:unknown')}</li>}
          </ol>,
        ],
      ]}
    />
  );
}

function TechnicalFacts({ signature }: { signature: SignatureReport }) {
  const { t } = useTexts();
  const unknown = t('common:unknown');
  return (
    <Facts
      small
      rows={[
        [t('verify:fact.field'), signature.field],
        [t('verify:fact.level'), signature.level || unknown],
        ['SubFilter', signature.subFilter || unknown],
        [t('verify:fact.digest'), signature.digestAlgorithm || unknown],
        [t('verify:fact.algorithm'), signature.signatureAlgorithm || unknown],
        [t('verify:fact.key'), signature.keyType || unknown],
        ['ByteRange', signature.byteRange.join(' ')],
        [t('verify:fact.word'), signature.reason],
      ]}
    />
  );
}
