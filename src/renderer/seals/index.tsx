import './seals.css';
import { useState } from 'react';
import type { SignaturePicture } from '../../shared/domain/documents.ts';
import { type Pictures, usePictures, usePictureUrl } from '../api/index.ts';
import { Button, Dialog, Empty, formatMm, Note, Trouble, useTexts } from '../look/index.ts';
import { TopTitle } from '../shell/index.ts';

/** The impressions that a stamp shows, at their true size. */
export default function SealsScreen() {
  const { t } = useTexts();
  const seals = usePictures();
  const [leaving, setLeaving] = useState<SignaturePicture | null>(null);
  const some = seals.list !== null && seals.list.length > 0;
  const add = (
    <Button kind="main" onClick={() => seals.choose()} wide={some}>
      {t('screens:seals.add')}
    </Button>
  );
  return (
    <>
      <TopTitle
        title={t('common:rail.seals')}
        note={some && t('screens:seals.note', { count: seals.list?.length ?? 0 })}
      />
      <div className={some ? 'body' : 'body is-single'}>
        <main className="stage seals" id="main" data-pane="stage" tabIndex={-1}>
          {seals.error !== null && <Trouble error={seals.error} />}
          {some && (
            <ul className="seal-list" aria-label={t('screens:seals.list')}>
              {seals.list?.map((seal) => (
                <Tile key={seal.id} seal={seal} onForget={() => setLeaving(seal)} />
              ))}
            </ul>
          )}
          {seals.list?.length === 0 && (
            <Empty title={t('screens:seals.empty.title')} icon="stamp" actions={add}>
              <p>{t('screens:seals.empty.text')}</p>
              <Note>{t('screens:seals.empty.hint')}</Note>
            </Empty>
          )}
        </main>
        {some && (
          <aside className="panel" aria-label={t('screens:seals.panel.label')} data-pane="panel">
            <section className="next">
              <h2>{t('screens:seals.panel.title')}</h2>
              <p>{t('screens:seals.panel.binding')}</p>
              {add}
            </section>
            <hr className="rule" />
            <div className="next">
              <Note>{t('screens:seals.panel.real')}</Note>
              <Note>{t('screens:seals.empty.hint')}</Note>
              <Note>{t('screens:seals.panel.where')}</Note>
            </div>
          </aside>
        )}
      </div>
      <Forget seals={seals} seal={leaving} onClose={() => setLeaving(null)} />
    </>
  );
}

function Tile({ seal, onForget }: { seal: SignaturePicture; onForget: () => void }) {
  const { t, language } = useTexts();
  const url = usePictureUrl(seal);
  const width = formatMm(seal.widthMm, language);
  return (
    <li>
      <span className="seal-tile">
        {url && (
          <img
            src={url}
            alt={t('screens:seals.picture', { name: seal.name, width })}
            style={{ width: `${seal.widthMm}mm`, height: `${seal.heightMm}mm` }}
            draggable={false}
          />
        )}
      </span>
      <h2 title={seal.name}>{seal.name}</h2>
      <p className="note">
        {t('screens:seals.size', { width, height: formatMm(seal.heightMm, language) })}
        {' · '}
        {t('screens:seals.pixels', { width: seal.widthPx, height: seal.heightPx })}
      </p>
      <Button small onClick={onForget} aria-label={`${t('screens:seals.forget')} ${seal.name}`}>
        {t('screens:seals.forget')}
      </Button>
    </li>
  );
}

function Forget({
  seals,
  seal,
  onClose,
}: {
  seals: Pictures;
  seal: SignaturePicture | null;
  onClose: () => void;
}) {
  const { t } = useTexts();
  return (
    <Dialog
      open={seal !== null}
      onClose={onClose}
      title={t('screens:seals.forgetTitle')}
      actions={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button
            kind="main"
            onClick={() => {
              if (seal) void seals.forget(seal.id);
              onClose();
            }}
          >
            {t('screens:seals.forgetYes')}
          </Button>
        </>
      }
    >
      <p>{t('screens:seals.forgetText', { name: seal?.name ?? '' })}</p>
    </Dialog>
  );
}
