import './care.css';
import { forgetNotice, useNoticed, useSnapshot } from '../api/index.ts';
import { Button, Icon, useTexts } from '../look/index.ts';
import { useRouter } from '../shell/index.ts';
import { changePin } from './change-pin.ts';

/** Told calmly, after the work is done: a key has a PIN that everybody knows. */
export function CareNotices() {
  const { t } = useTexts();
  const { snapshot } = useSnapshot();
  const router = useRouter();
  return useNoticed().map((token) => {
    const key = snapshot?.keys.find(
      ({ module, serial, label }) =>
        module === token.module && serial === token.serial && label === token.label,
    );
    if (!key) return null;
    return (
      <section key={key.key} className="care-box is-notice" role="status" data-testid="default-pin">
        <Icon name="info" />
        <div>
          <h3>{t('care:notice.title')}</h3>
          <p>{t('care:notice.text', { label: token.label || t('keys:unnamed') })}</p>
        </div>
        <div className="care-acts">
          <Button
            small
            kind="main"
            onClick={() => {
              // How it goes is told there.
              router.go('keys', { type: 'care', key: key.key });
              changePin(key);
            }}
          >
            {t('care:changePin')}
          </Button>
          <Button small onClick={() => forgetNotice(token)}>
            {t('care:notice.later')}
          </Button>
        </div>
      </section>
    );
  });
}
