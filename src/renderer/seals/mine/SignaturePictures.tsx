import { useState } from 'react';
import type { SignaturePicture } from '../../../shared/domain/index.ts';
import { type Pictures, usePictureUrl } from '../../api/index.ts';
import { Button, Dialog, formatMm, Note, Trouble, useTexts } from '../../look/index.ts';

/** Pictures that a signature can show, at their true size. They are no seals, and nothing here calls them that. */
export function SignaturePictures({ pictures }: { pictures: Pictures }) {
  const { t } = useTexts();
  const [leaving, setLeaving] = useState<SignaturePicture | null>(null);
  const none = pictures.list?.length === 0;
  return (
    <>
      <main
        className="stage signature-pictures"
        id="main"
        data-pane="stage"
        tabIndex={-1}
        data-testid="signature-pictures"
      >
        {pictures.error !== null && <Trouble error={pictures.error} />}
        <header>
          <h2>{t('seals:mine.plain.title')}</h2>
          <p className="plain-word">{t('seals:mine.plain.word')}</p>
        </header>
        {none && <p className="grey">{t('seals:mine.plain.empty')}</p>}
        {!none && (
          <ul className="picture-list" aria-label={t('seals:mine.pictures')}>
            {pictures.list?.map((picture) => (
              <Tile key={picture.id} picture={picture} onForget={() => setLeaving(picture)} />
            ))}
          </ul>
        )}
      </main>
      <aside className="panel" aria-label={t('screens:pictures.panel')} data-pane="panel">
        <section className="next">
          <h2>{t('screens:pictures.panel')}</h2>
          <p>{t('seals:mine.plain.text')}</p>
          <Button kind="main" wide onClick={() => void pictures.choose()} data-testid="add-picture">
            {t('seals:mine.plain.add')}
          </Button>
        </section>
        <hr className="rule" />
        <div className="next">
          <Note>{t('screens:pictures.real')}</Note>
          <Note>{t('screens:pictures.hint')}</Note>
          <Note>{t('screens:pictures.where')}</Note>
        </div>
      </aside>
      <Forget pictures={pictures} picture={leaving} onClose={() => setLeaving(null)} />
    </>
  );
}

function Tile({ picture, onForget }: { picture: SignaturePicture; onForget: () => void }) {
  const { t, language } = useTexts();
  const url = usePictureUrl(picture);
  const width = formatMm(picture.widthMm, language);
  return (
    <li>
      <span className="seal-tile">
        {url && (
          <img
            src={url}
            alt={t('screens:pictures.picture', { name: picture.name, width })}
            style={{ width: `${picture.widthMm}mm`, height: `${picture.heightMm}mm` }}
            draggable={false}
          />
        )}
      </span>
      <h3 title={picture.name}>{picture.name}</h3>
      <p className="note">
        {t('screens:pictures.size', { width, height: formatMm(picture.heightMm, language) })}
        {' · '}
        {t('screens:pictures.pixels', { width: picture.widthPx, height: picture.heightPx })}
      </p>
      <Button small onClick={onForget} aria-label={`${t('screens:pictures.forget')} ${picture.name}`}>
        {t('screens:pictures.forget')}
      </Button>
    </li>
  );
}

function Forget({
  pictures,
  picture,
  onClose,
}: {
  pictures: Pictures;
  picture: SignaturePicture | null;
  onClose: () => void;
}) {
  const { t } = useTexts();
  return (
    <Dialog
      open={picture !== null}
      onClose={onClose}
      title={t('screens:pictures.forgetTitle')}
      actions={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button
            kind="main"
            onClick={() => {
              if (picture) void pictures.forget(picture.id);
              onClose();
            }}
          >
            {t('screens:pictures.forgetYes')}
          </Button>
        </>
      }
    >
      <p>{t('screens:pictures.forgetText', { name: picture?.name ?? '' })}</p>
    </Dialog>
  );
}
