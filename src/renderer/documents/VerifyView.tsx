import { useEffect, useState } from 'react';
import type { DocumentInfo, Verification } from '../../shared/domain/index.ts';
import { call } from '../api/index.ts';
import { Button, LinkButton, Note, Trouble, useTexts } from '../look/index.ts';
import { TopTitle, useAnnounce } from '../shell/index.ts';
import { Badges } from './Badges.tsx';
import { usePreview } from './preview/use-preview.ts';
import { Viewer } from './preview/Viewer.tsx';
import { Signatures } from './Signatures.tsx';
import { sentenceOf, VerdictBand } from './Verdict.tsx';
import { firstPageOf, numbersWith, standingOf } from './verdict.ts';

/** The verdict over a file, with the page and every seal in it. Needs no key. */
export function VerifyView({
  info,
  password,
  known,
  onStamp,
  onClose,
}: {
  info: DocumentInfo;
  password: string | undefined;
  /** The verdict where it is known already (right after stamping). */
  known: Verification | null;
  onStamp: () => void;
  onClose: () => void;
}) {
  const { t } = useTexts();
  const announce = useAnnounce();
  const state = usePreview(info, password);
  const [verification, setVerification] = useState<Verification | null>(known);
  const [error, setError] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  const [page, setPage] = useState(known ? firstPageOf(known) : 1);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` grows with "again"
  useEffect(() => {
    if (known) return;
    let wanted = true;
    setError(null);
    call('documents.verify', { id: info.id }).then(
      (result) => {
        if (!wanted) return;
        setVerification(result);
        setPage(Math.min(firstPageOf(result), info.pages.length));
      },
      (reason: unknown) => wanted && setError(reason),
    );
    return () => {
      wanted = false;
    };
  }, [info, known, turn]);

  useEffect(() => {
    if (!verification) return;
    announce(
      `${t(`verify:verdict.${standingOf(verification)}`)}${t('common:comma')}${sentenceOf(t, verification)}`,
    );
  }, [verification, announce, t]);

  const standing = verification && standingOf(verification);
  const bad = verification ? numbersWith(verification, 'invalid') : [];
  const badPages = new Set(
    bad.flatMap((number) => verification!.signatures[number - 1]!.widgets.map((widget) => widget.page)),
  );
  const pick = (index: number) => {
    const entry = document.getElementById(`signature-${index + 1}`);
    entry?.scrollIntoView({ block: 'nearest' });
    entry?.focus({ preventScroll: true });
  };
  const steps = standing === 'invalid' || standing === 'limited' ? [1, 2] : [];

  return (
    <div
      className={standing === 'invalid' ? 'body docs is-verify is-broken' : 'body docs is-verify'}
      data-testid="verify-view"
      data-standing={standing ?? 'pending'}
    >
      <TopTitle
        title={info.name}
        note={
          <>
            {t('documents:title.pages', { count: info.pages.length })}
            {t('common:comma')}
            {!verification
              ? t('verify:pending.word')
              : verification.signatures.length === 0
                ? t('documents:title.none')
                : t(
                    // What carries no seal is counted as what it is.
                    verification.signatures.every(({ seal }) => seal !== null)
                      ? 'documents:title.seals'
                      : 'documents:title.signatures',
                    { count: verification.signatures.length },
                  )}
            <span className="title-acts">
              <LinkButton onClick={onClose} data-testid="close">
                {t('documents:title.close')}
              </LinkButton>
            </span>
          </>
        }
      />
      <div className="band-row">
        {verification ? (
          <VerdictBand
            verification={verification}
            actions={
              <>
                {standing === 'unsigned' && (
                  <Button onClick={onStamp} icon="stamp">
                    {t('verify:act.stamp')}
                  </Button>
                )}
                <Button
                  onClick={() => call('documents.reveal', { id: info.id }).catch(setError)}
                  icon="folder"
                >
                  {t('documents:done.reveal')}
                </Button>
              </>
            }
          />
        ) : error !== null ? (
          <Trouble
            error={error}
            actions={
              <Button small onClick={() => setTurn((now) => now + 1)}>
                {t('common:again')}
              </Button>
            }
          />
        ) : (
          <section className="band is-pending" role="status">
            <p>{t('verify:pending.text')}</p>
          </section>
        )}
      </div>
      <Viewer
        info={info}
        state={state}
        page={page}
        onPage={setPage}
        thumbnails={standing === 'invalid' || info.pages.length > 30}
        wordOfPage={(number) => (badPages.has(number) ? t('verify:pageWord') : '')}
        over={(pxPerMm) =>
          verification && <Badges verification={verification} page={page} pxPerMm={pxPerMm} onPick={pick} />
        }
      />
      <aside className="panel" aria-label={t('verify:panel')} data-pane="panel">
        {steps.length > 0 && (
          <section className="then-part">
            <h2>{t('verify:steps.heading')}</h2>
            <ol className="then">
              {steps.map((step) => (
                <li key={step}>
                  <b>{step}</b>
                  {t(`verify:steps.${standing}.${step}`)}
                </li>
              ))}
            </ol>
          </section>
        )}
        {verification && verification.signatures.length > 0 && (
          <Signatures
            verification={verification}
            preview={state.preview}
            sizes={info.pages}
            onShow={(to) => setPage(Math.min(to, info.pages.length))}
          />
        )}
        {standing === 'unsigned' && (
          <section className="then-part">
            <h2>{t('verify:unsigned.heading')}</h2>
            <p>{t('verify:unsigned.text')}</p>
          </section>
        )}
        <div className="law">
          <Note icon="info">{t('verify:law')}</Note>
        </div>
      </aside>
    </div>
  );
}
