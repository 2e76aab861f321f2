import { useEffect, useState } from 'react';
import type { TrustAnchor } from '../../shared/domain/certificates.ts';
import { call, useAct } from '../api/index.ts';
import { Button, Dialog, Facts, formatDate, Icon, inGroups, Note, Trouble, useTexts } from '../look/index.ts';

/** The authority that renews, and those whose certificates are trusted. */
export function AuthorityStage() {
  const { t } = useTexts();
  return (
    <main className="stage is-wide authority" id="main" data-pane="stage" tabIndex={-1}>
      <header className="certificate-head">
        <h2>{t('certificates:authority.title')}</h2>
      </header>
      <Address />
      <TrustList />
    </main>
  );
}

/** Where renewals are ordered; the address is asked what it is before it is kept. */
function Address() {
  const { t } = useTexts();
  const act = useAct();
  const [known, setKnown] = useState<{ url: string; practice: boolean } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [typed, setTyped] = useState<string | null>(null);
  useEffect(() => {
    call('authority.read').then(setKnown, setError);
  }, []);
  const url = typed ?? known?.url ?? '';
  return (
    <section className="card authority-part">
      <h3>{t('certificates:authority.address')}</h3>
      <Note>
        {t(known?.practice ? 'certificates:authority.practice' : 'certificates:authority.addressNote')}
      </Note>
      <form
        className="authority-form"
        onSubmit={(event) => {
          event.preventDefault();
          void act.run('address', async () => {
            setKnown(await call('authority.write', { url: url.trim() }));
            setTyped(null);
            return t('certificates:authority.kept');
          });
        }}
      >
        <input
          className="field"
          aria-label={t('certificates:authority.address')}
          value={url}
          onChange={(event) => setTyped(event.target.value)}
          placeholder="https://"
          type="url"
          inputMode="url"
          spellCheck={false}
          maxLength={500}
          disabled={known === null}
          data-testid="authority-url"
        />
        <Button
          type="submit"
          disabled={known === null || act.running !== null || url.trim() === known.url}
          data-testid="authority-save"
        >
          {t(act.running ? 'certificates:authority.asking' : 'certificates:authority.save')}
        </Button>
      </form>
      {act.said && (
        <p className="with-icon" role="status">
          <Icon name="check" size="small" className="ok" />
          <span>{act.said}</span>
        </p>
      )}
      {(act.error ?? error) !== null && <Trouble error={act.error ?? error} />}
    </section>
  );
}

/** Roots, with their fingerprints; the user's own can be added and removed. */
function TrustList() {
  const { t } = useTexts();
  const act = useAct();
  const [anchors, setAnchors] = useState<readonly TrustAnchor[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [candidate, setCandidate] = useState<TrustAnchor | null>(null);
  const [going, setGoing] = useState<TrustAnchor | null>(null);
  useEffect(() => {
    call('trust.list').then(setAnchors, setError);
  }, []);
  const busy = act.running !== null;
  const choose = () =>
    void act.run('choose', async () => {
      setCandidate(await call('trust.choose'));
      return null;
    });
  const confirm = ({ sha256 }: TrustAnchor) => {
    setCandidate(null);
    void act.run('confirm', async () => {
      setAnchors(await call('trust.confirm', { sha256 }));
      return t('certificates:trust.added');
    });
  };
  const remove = ({ sha256 }: TrustAnchor) => {
    setGoing(null);
    void act.run('remove', async () => {
      setAnchors(await call('trust.remove', { sha256 }));
      return t('certificates:trust.removed');
    });
  };
  return (
    <section className="card authority-part">
      <div className="authority-line">
        <div>
          <h3>{t('certificates:trust.title')}</h3>
          <Note>{t('certificates:trust.text')}</Note>
        </div>
        <Button icon="plus" disabled={busy} onClick={choose} data-testid="trust-add">
          {t('certificates:trust.add')}
        </Button>
      </div>
      {(act.error ?? error) !== null && <Trouble error={act.error ?? error} />}
      {act.said && <p role="status">{act.said}</p>}
      {anchors?.length === 0 && <p>{t('certificates:trust.none')}</p>}
      {anchors && anchors.length > 0 && (
        <ul className="anchors">
          {anchors.map((anchor) => (
            <li key={anchor.sha256} data-testid="anchor">
              <div>
                <h4>{anchor.name || anchor.subject}</h4>
                <p className="note">
                  {t(`certificates:trust.source.${anchor.source}`)}
                  {t('common:comma')}
                  {t('certificates:trust.until', { date: formatDate(anchor.notAfter) })}
                </p>
                <p className="note">
                  <code>{inGroups(anchor.sha256)}</code>
                </p>
              </div>
              {anchor.source === 'own' && (
                <Button small disabled={busy} onClick={() => setGoing(anchor)}>
                  {t('certificates:trust.remove')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <Dialog
        open={candidate !== null}
        onClose={() => setCandidate(null)}
        title={t('certificates:trust.confirmTitle')}
        wide
        actions={
          <>
            <Button onClick={() => setCandidate(null)}>{t('common:cancel')}</Button>
            <Button kind="main" onClick={() => candidate && confirm(candidate)} data-testid="trust-confirm">
              {t('certificates:trust.confirm')}
            </Button>
          </>
        }
      >
        {candidate && (
          <>
            <p>{t('certificates:trust.confirmText')}</p>
            <p className="fingerprint">
              <code>{inGroups(candidate.sha256)}</code>
            </p>
            <Facts
              rows={[
                [t('certificates:trust.name'), candidate.name || candidate.subject],
                [t('certificates:trust.subject'), candidate.subject],
                [
                  t('certificates:trust.valid'),
                  `${formatDate(candidate.notBefore)} – ${formatDate(candidate.notAfter)}`,
                ],
              ]}
            />
            <Note icon="warn">{t('certificates:trust.confirmWarn')}</Note>
          </>
        )}
      </Dialog>
      <Dialog
        open={going !== null}
        onClose={() => setGoing(null)}
        title={t('certificates:trust.removeTitle')}
        actions={
          <>
            <Button onClick={() => setGoing(null)}>{t('common:cancel')}</Button>
            <Button kind="main" onClick={() => going && remove(going)}>
              {t('certificates:trust.remove')}
            </Button>
          </>
        }
      >
        <p>{t('certificates:trust.removeText', { name: going?.name ?? '' })}</p>
      </Dialog>
    </section>
  );
}
