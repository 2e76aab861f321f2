import type { Check } from '../../shared/domain/index.ts';
import { usePictureUrl, useSealUrl } from '../api/index.ts';
import {
  describeError,
  formatMm,
  holderName,
  Icon,
  LinkButton,
  SealTile,
  Segmented,
  StampButton,
  StateWord,
  type Translate,
  useTexts,
} from '../look/index.ts';
import { sealSigns, standingOfSeal } from '../seals/mine/standing.ts';
import { useRouter } from '../shell/index.ts';
import { Choice } from './Choice.tsx';
import { MmField } from './MmField.tsx';
import type { ShownMark } from './marks.ts';
import type { Signer } from './signers.ts';
import type { Job } from './use-job.ts';

/** The right panel: what is needed for stamping, in the order in which one does it. */
export function Panel({ job }: { job: Job }) {
  const { t } = useTexts();
  return (
    <aside className="panel docs-panel" aria-label={t('documents:panel.label')} data-pane="panel">
      <div className="docs-parts">
        <MarkPart job={job} />
        <SignerPart job={job} />
        <PlacePart job={job} />
        <section className="part">
          <h2 className="part-head">
            {t('documents:level.heading')}
            <span className="level">{t('documents:level.name')}</span>
            <span className="note">{t('documents:level.what')}</span>
          </h2>
        </section>
        <ChecksPart job={job} />
      </div>
      <GoPart job={job} />
    </aside>
  );
}

/** The picture of what is stamped as an address for `<img>`. */
export function useMarkUrl(mark: ShownMark | null): string {
  const seal = useSealUrl(mark?.kind === 'seal' ? mark.card : null);
  const picture = usePictureUrl(mark?.kind === 'picture' ? mark.picture : null);
  return mark?.kind === 'seal' ? seal : picture;
}

function MarkContent({ mark }: { mark: ShownMark }) {
  const { t, language } = useTexts();
  const url = useMarkUrl(mark);
  const width = formatMm(mark.widthMm, language);
  const height = formatMm(mark.heightMm, language);
  const size = width === height ? width : `${width} × ${height}`;
  const standing = mark.kind === 'seal' ? standingOfSeal(mark.card) : 'normal';
  const sign = sealSigns[standing];
  return (
    <>
      <SealTile src={url} size={56} />
      <span className="what">
        <b className="mark-name" title={mark.name}>
          {mark.name}
        </b>
        <span className="note">
          {mark.kind === 'seal'
            ? t('seals:mine.mark.sealLine', { last: mark.card.token.serial.slice(-4), size })
            : t('seals:mine.mark.pictureLine', { size })}
        </span>
        {standing !== 'normal' && (
          <StateWord tone={sign.tone} icon={sign.icon} small>
            {t(`seals:mine.sign.${standing}`)}
          </StateWord>
        )}
      </span>
    </>
  );
}

function MarkPart({ job }: { job: Job }) {
  const { t } = useTexts();
  const { go } = useRouter();
  const { marks, mark } = job;
  const none = job.marksKnown && marks.length === 0;
  return (
    <section className="part">
      <h2 className="part-head">
        {t('seals:mine.mark.heading')}
        <LinkButton className="note" disabled={job.busy} onClick={job.addPicture} data-testid="choose-seal">
          {t('documents:seal.choose')}
        </LinkButton>
      </h2>
      {none ? (
        <p className="note">
          {t('seals:mine.mark.none')}{' '}
          <LinkButton
            className="note"
            disabled={job.busy}
            onClick={() => go('seals', { type: 'collect' })}
            data-testid="collect-seal"
          >
            {t('seals:mine.mark.collect')}
          </LinkButton>
        </p>
      ) : (
        <Choice
          label={t('seals:mine.mark.heading')}
          shape="card"
          value={mark?.value ?? null}
          disabled={job.busy}
          onChange={job.pickMark}
          testId="seal-choice"
          options={marks.map((one) => ({
            value: one.value,
            kind: one.kind,
            group: t(one.kind === 'seal' ? 'seals:mine.mark.seals' : 'seals:mine.mark.pictures'),
            name:
              one.kind === 'seal'
                ? t('seals:mine.mark.sealName', {
                    name: one.name,
                    key: one.card.token.label,
                    standing: t(`seals:mine.sign.${standingOfSeal(one.card)}`),
                  })
                : t('seals:mine.mark.pictureName', { name: one.name }),
            content: <MarkContent mark={one} />,
          }))}
          placeholder={<span className="what note">{t('seals:mine.mark.pick')}</span>}
        />
      )}
      {mark && (
        <p className="note" data-testid="mark-kind" data-kind={mark.kind}>
          {t(mark.kind === 'seal' ? 'seals:mine.mark.fixed' : 'seals:mine.mark.plain')}
        </p>
      )}
      {job.pictureError !== null && <ErrorLines error={job.pictureError} />}
    </section>
  );
}

function daysWord(t: Translate, signer: Signer): string {
  const { validity, daysLeft } = signer.certificate;
  if (signer.revoked) return t('documents:signer.revoked');
  if (validity === 'expired') return t('documents:signer.expired');
  if (validity === 'not-yet-valid') return t('documents:signer.notYet');
  return t('documents:signer.days', { count: daysLeft });
}

/** What tells one certificate from another comes first: a long unit may be cut, "public seal" may not. */
function signerName({ certificate }: Signer): string {
  const name = holderName(certificate);
  return name === certificate.holder ? name : `${name} · ${certificate.unit}`;
}

function SignerContent({ signer }: { signer: Signer }) {
  const { t } = useTexts();
  return (
    <span className="what">
      <span className="cut">{signerName(signer)}</span>
      <span className="note cut">
        {t('documents:signer.line', {
          last: signer.key.serial.slice(-4),
          type: signer.certificate.keyType,
          days: daysWord(t, signer),
        })}
      </span>
    </span>
  );
}

function SignerPart({ job }: { job: Job }) {
  const { t } = useTexts();
  const { signers, signer, mark } = job;
  return (
    <section className="part">
      <h2 className="part-head">{t('documents:signer.heading')}</h2>
      {mark?.kind === 'seal' ? (
        // A seal has one certificate on one key: there is nothing to choose.
        signer ? (
          <div className="pick is-line is-fixed" data-testid="signer-fixed">
            <SignerContent signer={signer} />
          </div>
        ) : (
          <p className="note">{t('seals:mine.mark.noSigner')}</p>
        )
      ) : signers.length === 0 ? (
        <p className="note">{t(`documents:signer.none.${job.whyNoSigner}`)}</p>
      ) : (
        <Choice
          label={t('documents:signer.heading')}
          shape="line"
          value={signer?.id ?? null}
          disabled={job.busy}
          onChange={job.pickSigner}
          testId="signer-choice"
          options={signers.map((one) => ({
            value: one.id,
            name: t('documents:signer.name', {
              holder: one.certificate.holder,
              unit: one.certificate.unit,
              key: one.key.label,
              days: daysWord(t, one),
            }),
            content: <SignerContent signer={one} />,
          }))}
        />
      )}
    </section>
  );
}

function PlacePart({ job }: { job: Job }) {
  const { t } = useTexts();
  const { rect, size, mark } = job;
  const idle = !rect || job.busy;
  return (
    <section className="part">
      <h2 className="part-head">
        {t('documents:place.heading')}
        <span className="note">{t('documents:place.from')}</span>
      </h2>
      <Segmented
        label={t('documents:place.pages')}
        value={job.spread}
        options={[
          ['this', t('documents:place.this')],
          ['all', t('documents:place.all')],
          ['list', t('documents:place.list')],
        ]}
        onChange={job.setSpread}
      />
      {job.spread === 'list' && (
        <div className="page-list">
          <input
            className="field"
            aria-label={t('documents:place.listLabel')}
            aria-invalid={job.listTrouble !== null}
            aria-describedby="documents-list-note"
            placeholder={t('documents:place.listExample')}
            value={job.listText}
            disabled={job.busy}
            onChange={(event) => job.setListText(event.target.value)}
            data-testid="page-list"
          />
          <p className={job.listTrouble ? 'note warn' : 'note'} id="documents-list-note">
            {job.listTrouble
              ? t(`documents:place.listTrouble.${job.listTrouble.trouble}`, { page: job.listTrouble.page })
              : t('documents:place.listCount', { count: job.pages.length })}
          </p>
        </div>
      )}
      <div className="nums">
        <MmField
          label={t('documents:place.left')}
          short={t('documents:place.leftShort')}
          value={rect?.x ?? null}
          min={0}
          max={size.widthMm}
          disabled={idle}
          onChange={(x) => job.moveTo({ x })}
        />
        <MmField
          label={t('documents:place.top')}
          short={t('documents:place.topShort')}
          value={rect?.y ?? null}
          min={0}
          max={size.heightMm}
          disabled={idle}
          onChange={(y) => job.moveTo({ y })}
        />
        <MmField
          label={t('documents:place.size')}
          short={t('documents:place.sizeShort')}
          value={mark ? job.width : null}
          min={5}
          max={Math.min(200, size.widthMm)}
          disabled={mark?.kind !== 'picture' || job.busy}
          onChange={job.resize}
        />
      </div>
      {rect || !mark ? (
        <p className="note hint" id="documents-place-hint">
          {t('documents:place.hint')}
        </p>
      ) : (
        <p className="note" id="documents-place-hint">
          {t('documents:place.drop')}{' '}
          <LinkButton className="note" disabled={job.busy} onClick={job.placeByKeyboard} data-testid="place">
            {t('documents:place.put')}
          </LinkButton>
        </p>
      )}
    </section>
  );
}

const signs = {
  ok: ['check', 'ok'],
  note: ['warn', 'warn'],
  stop: ['cross', 'bad'],
  unknown: ['info', 'grey'],
} as const;

/** The words of one check, and what to do where it shuts the button. */
function checkWords(t: Translate, check: Check, mark: ShownMark | null): { line: string; next: string } {
  const details = check.details;
  if (check.state === 'ok') {
    const days = details.days;
    if (check.name === 'certificate' && typeof days === 'number')
      return { line: t('documents:checks.certificate.okDays', { count: days }), next: '' };
    if (check.name === 'seal' && mark?.kind === 'seal')
      return { line: t('seals:mine.mark.sealOk'), next: '' };
    return { line: t(`documents:checks.${check.name}.ok`), next: '' };
  }
  // The key's one note is the last try: here it is a state, not yet a failure.
  if (check.code !== null && !(check.name === 'key' && check.state === 'note')) {
    const words = describeError(t, { code: check.code, details });
    return { line: words.heading, next: check.state === 'stop' ? words.next : '' };
  }
  const days = details.days;
  if (check.state === 'note' && check.name === 'certificate' && typeof days === 'number')
    return { line: t('documents:checks.certificate.okDays', { count: days }), next: '' };
  if (check.name === 'seal' && mark?.kind === 'seal')
    return {
      line: t(
        `seals:mine.mark.seal${check.state === 'stop' ? 'Stop' : check.state === 'note' ? 'Note' : 'Unknown'}`,
      ),
      next: '',
    };
  return { line: t(`documents:checks.${check.name}.${check.state}`), next: '' };
}

/** What shuts the button must not lie below the fold. */
function stopsFirst(checks: readonly Check[]): readonly Check[] {
  const stops = (check: Check) => check.state === 'stop';
  return [...checks.filter(stops), ...checks.filter((check) => !stops(check))];
}

function ChecksPart({ job }: { job: Job }) {
  const { t } = useTexts();
  return (
    <section className="part">
      <h2 className="part-head">{t('documents:checks.heading')}</h2>
      <ul className="checks" aria-busy={job.checking}>
        {stopsFirst(job.checks).map((check) => {
          const [icon, tone] = signs[check.state];
          const words = checkWords(t, check, job.mark);
          return (
            <li key={check.name} data-check={check.name} data-state={check.state}>
              <Icon name={icon} size="small" className={tone} />
              <span>
                <span className="out-of-sight">{t(`documents:checks.state.${check.state}`)}</span>
                {words.line}
                {words.next && <span className="note check-next">{words.next}</span>}
              </span>
            </li>
          );
        })}
        {job.checks.length === 0 && (
          <li className="grey">
            <Icon name="info" size="small" />
            {t(job.checkError === null ? 'documents:checks.waiting' : 'documents:checks.failed')}
          </li>
        )}
      </ul>
      {job.checkError !== null && <ErrorLines error={job.checkError} />}
    </section>
  );
}

function GoPart({ job }: { job: Job }) {
  const { t } = useTexts();
  // Every move of the seal is checked anew: that is said the first time only.
  const told = job.shut === 'checking' && job.checks.length > 0 ? null : job.shut;
  return (
    <section className="go">
      <Choice
        label={t('documents:target.label')}
        shape="line"
        value={job.target}
        disabled={job.busy}
        onChange={(value) => job.setTarget(value as Job['target'])}
        testId="target"
        options={(['beside', 'ask', 'replace'] as const).map((value) => ({
          value,
          name: t(`documents:target.${value}`),
          content: <span className="what cut">{t(`documents:target.${value}`)}</span>,
        }))}
      />
      <StampButton
        disabled={job.shut !== null || job.busy}
        aria-describedby="documents-go-note"
        onClick={job.stamp}
        data-testid="stamp"
      >
        {t(job.mark?.kind === 'picture' ? 'documents:go.sign' : 'documents:go.stamp')}
      </StampButton>
      <p className="note" id="documents-go-note" role="status">
        {told !== null ? (
          <span className="with-icon">
            <Icon name="info" size="small" />
            <span>{t(`documents:go.shut.${told}`)}</span>
          </span>
        ) : (
          t(`documents:go.next.${job.target}`)
        )}
      </p>
    </section>
  );
}

function ErrorLines({ error }: { error: unknown }) {
  const { t } = useTexts();
  const words = describeError(t, error);
  return (
    <p className="note warn with-icon" role="alert">
      <Icon name="warn" size="small" />
      <span>
        {words.heading} {words.next}
      </span>
    </p>
  );
}
