import type { ReactNode } from 'react';
import type { SealCard, SealFacts } from '../../../shared/domain/index.ts';
import { useSealUrl } from '../../api/index.ts';
import {
  Facts,
  Fold,
  formatBytes,
  formatDate,
  formatDateTime,
  formatMm,
  inGroups,
  LinkButton,
  StateWord,
  Trouble,
  useTexts,
} from '../../look/index.ts';
import { useRouter } from '../../shell/index.ts';
import { makerName } from './maker.ts';
import { SealStatusPart } from './SealStatusPart.tsx';
import { StepList } from './StepList.tsx';
import { sealSigns, standingOfSeal } from './standing.ts';
import { useSealDetail } from './use-detail.ts';

/** One seal at its true size: whose it is, who may use it, whether its maker stands by it, where it was used. */
export function SealStage({ card, banner }: { card: SealCard; banner: ReactNode }) {
  const { t, language } = useTexts();
  const { detail, error } = useSealDetail(card);
  const url = useSealUrl(card);
  const standing = standingOfSeal(card);
  const { tone, icon } = sealSigns[standing];
  const width = formatMm(card.widthMm, language);
  const height = formatMm(card.heightMm, language);
  return (
    <main className="stage seal-stage" id="main" data-pane="stage" tabIndex={-1} data-testid="seal-stage">
      {banner}
      <header className="seal-head">
        <span className="seal-tile">
          {url && (
            <img
              src={url}
              alt={t('seals:mine.picture', { name: card.name, width })}
              style={{ width: `${card.widthMm}mm`, height: `${card.heightMm}mm` }}
              draggable={false}
            />
          )}
        </span>
        <div className="seal-head-words">
          <h2>{card.name}</h2>
          <p>
            {[card.kind && t(`seals:kind.${card.kind}`), card.unit].filter(Boolean).join(t('common:comma'))}
          </p>
          <p className="note">{t('seals:mine.size', { width, height })}</p>
          <StateWord tone={tone} icon={icon}>
            {t(`seals:mine.sign.${standing}`)}
          </StateWord>
        </div>
      </header>
      <SealStatusPart card={card} />
      <People card={card} />
      <section className="card seal-part" data-testid="seal-uses">
        <h3>{t('seals:mine.uses.title')}</h3>
        <Uses card={card} uses={detail?.uses ?? null} />
      </section>
      <section className="card seal-part" data-testid="seal-steps">
        <h3>
          {t('seals:mine.steps.title')}
          <span className="note">{t(`seals:mine.steps.${card.verdict}`)}</span>
        </h3>
        <StepList steps={card.steps} />
      </section>
      {error !== null && <Trouble error={error} />}
      <div className="card seal-folds">
        <Fold title={t('seals:mine.deep.title')} note={card.standard}>
          {detail ? (
            <Deep facts={detail.facts} />
          ) : (
            <p className="note">{t(error === null ? 'seals:mine.deep.loading' : 'common:unknown')}</p>
          )}
        </Fold>
      </div>
    </main>
  );
}

function People({ card }: { card: SealCard }) {
  const { t } = useTexts();
  const { go } = useRouter();
  const unknown = t('common:unknown');
  const { certificate, token } = card;
  return (
    <section className="card seal-facts" aria-label={t('seals:mine.fact.label')}>
      <Facts
        rows={[
          [t('seals:mine.fact.unit'), card.unit || unknown],
          [t('seals:mine.fact.creditCode'), card.creditCode || unknown],
          [t('seals:mine.fact.kind'), card.kind ? t(`seals:kind.${card.kind}`) : unknown],
          [t('seals:mine.fact.administrator'), card.administrator || unknown],
          [
            t('seals:mine.fact.certificate'),
            certificate ? (
              <span key="certificate">
                {t('seals:mine.fact.certificateUntil', {
                  holder: certificate.holder,
                  date: formatDate(certificate.notAfter),
                })}{' '}
                <LinkButton
                  className="note"
                  onClick={() => go('certificates', { type: 'one', sha256: certificate.sha256 })}
                  data-testid="to-certificate"
                >
                  {t('seals:mine.fact.toCertificate')}
                </LinkButton>
              </span>
            ) : (
              t('seals:mine.fact.certificateNone')
            ),
          ],
          [
            t('seals:mine.fact.key'),
            t(card.present ? 'seals:mine.fact.keyHere' : 'seals:mine.fact.keyAway', {
              label: token.label || t('keys:unnamed'),
              last: token.serial.slice(-4),
            }),
          ],
          [
            t('seals:mine.fact.where'),
            t(card.where === 'store' ? 'seals:mine.fact.whereStore' : 'seals:mine.fact.whereKey'),
          ],
          [t('seals:mine.fact.made'), formatDate(card.createdAt) || unknown],
          [
            t('seals:mine.fact.valid'),
            t('seals:mine.fact.validity', {
              from: formatDate(card.validFrom) || unknown,
              until: formatDate(card.validUntil) || unknown,
            }),
          ],
          [t('seals:mine.fact.maker'), makerName(card.maker) || unknown],
        ]}
      />
    </section>
  );
}

function Uses({
  card,
  uses,
}: {
  card: SealCard;
  uses: readonly { at: string; document: string; result: string }[] | null;
}) {
  const { t } = useTexts();
  const { count, last } = card.uses;
  if (count === 0 && (uses === null || uses.length === 0))
    return <p className="grey">{t('seals:mine.uses.none')}</p>;
  return (
    <>
      <p className="grey">
        {[
          t('seals:mine.uses.count', { count }),
          last && t('seals:mine.uses.last', { date: formatDate(last) }),
        ]
          .filter(Boolean)
          .join(t('common:comma'))}
      </p>
      {uses && uses.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what may scroll must be within reach of the keyboard
        <ul className="seal-uses" tabIndex={0} aria-label={t('seals:mine.uses.title')}>
          {uses.map((use, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two uses may be the same but for their place
            <li key={index}>
              <time dateTime={use.at}>{formatDateTime(use.at)}</time>
              <span className="cut" title={use.document}>
                {use.document}
              </span>
              <span className="note">
                {t(use.result === 'ok' ? 'seals:mine.uses.ok' : 'seals:mine.uses.failed')}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const standards = { V1: 'GM/T 0031-2014 (V1)', V4: 'GB/T 38540-2020 (V4)', V5: 'GM/T 0031-2025 (V5)' };

function Deep({ facts }: { facts: SealFacts }) {
  const { t, language } = useTexts();
  const unknown = t('common:unknown');
  const rows: (readonly [string, string])[] = [
    [t('seals:mine.deep.standard'), standards[facts.standard]],
    [t('seals:mine.deep.id'), facts.id],
    [t('seals:mine.deep.vendor'), facts.vendor || unknown],
    [t('seals:mine.deep.algorithm'), facts.algorithm],
    [t('seals:mine.deep.maker'), facts.maker ?? unknown],
    [t('seals:mine.deep.sha256'), inGroups(facts.sha256)],
    [t('seals:mine.deep.bytes'), formatBytes(facts.bytes, language)],
    [
      t('seals:mine.deep.picture'),
      t('seals:mine.deep.pictureLine', {
        type: facts.picture.type,
        size: formatBytes(facts.picture.bytes, language),
      }),
    ],
    [t('seals:mine.deep.pictureSha256'), inGroups(facts.picture.sha256)],
    [
      t('seals:mine.deep.list'),
      t(
        facts.listType === 'certificates'
          ? 'seals:mine.deep.listCertificates'
          : 'seals:mine.deep.listDigests',
        { count: facts.listed },
      ),
    ],
    ...facts.list.map(
      ({ subject, digest }) => [t('seals:mine.deep.entry'), subject ?? inGroups(digest)] as const,
    ),
    ...facts.extensions.map(
      ({ oid, critical, bytes }) =>
        [
          t('seals:mine.deep.extension'),
          t(critical ? 'seals:mine.deep.extensionCritical' : 'seals:mine.deep.extensionLine', { oid, bytes }),
        ] as const,
    ),
  ];
  return (
    <dl className="stack note">
      {rows.map(([name, value]) => (
        <div key={`${name} ${value}`}>
          <dt>{name}</dt>
          <dd>
            <code>{value}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}
