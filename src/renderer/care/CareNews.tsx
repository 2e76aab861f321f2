import './care.css';
import type { ReactNode } from 'react';
import type { CareResult, LoginFacts } from '../../shared/domain/care.ts';
import { toWireError } from '../../shared/errors/index.ts';
import { type CareState, cancelCare, careRead, useSnapshot } from '../api/index.ts';
import { Button, formatDateTime, Icon, useTexts } from '../look/index.ts';
import { useRouter } from '../shell/index.ts';
import { careWords } from './words.ts';

/** What `useCare` knows of one key, or null. */
export function ofKey(state: CareState, key: string): CareState | null {
  const running = state.running?.key === key ? state.running : null;
  const ended = state.ended?.key === key ? state.ended : null;
  return running || ended ? { running, ended } : null;
}

/** An act on a key's PINs: that it runs, that it is done, or what went wrong and how one goes on. */
export function CareNews({
  state,
  again,
  extra,
}: {
  state: CareState;
  /** Does the same once more, after the key was pulled and is back, or after a failure. */
  again: (() => void) | null;
  /** Further buttons of an act that is done. */
  extra?: (result: CareResult) => ReactNode;
}) {
  const { t } = useTexts();
  const { running, ended } = state;
  if (running) {
    return (
      <section className="care-box" role="status" data-testid="care-running">
        <Icon name={running.step === 'token' ? 'usb' : 'pin'} />
        <div>
          <h3>{t('care:running.title', { act: t(`care:act.${running.act}`) })}</h3>
          <p>{t(`care:running.${running.step}`)}</p>
        </div>
        {running.step !== 'token' && (
          <div className="care-acts">
            <Button small onClick={() => void cancelCare()}>
              {t('care:running.cancel')}
            </Button>
          </div>
        )}
      </section>
    );
  }
  if (!ended) return null;
  if ('error' in ended) return <Failed error={ended.error} keyId={ended.key} again={again} />;
  const wrong = wrongTries(ended.result.logins);
  return (
    <section className="care-box is-ok" role="status" data-testid="care-done">
      <Icon name="check-c" className="ok" />
      <div>
        <h3>{t(`care:done.${ended.act}.title`)}</h3>
        <p>{t(`care:done.${ended.act}.text`)}</p>
        {wrong > 0 && <p>{t('care:wrongBefore', { count: wrong })}</p>}
        <p className="note">{formatDateTime(ended.result.at)}</p>
      </div>
      <div className="care-acts">
        {extra?.(ended.result)}
        <Button small onClick={careRead}>
          {t('common:close')}
        </Button>
      </div>
    </section>
  );
}

const wrongTries = (logins: readonly LoginFacts[]) =>
  logins.filter(({ result }) => result === 'token.pin-wrong' || result === 'token.so-pin-wrong').length;

function Failed({ error, keyId, again }: { error: unknown; keyId: string; again: (() => void) | null }) {
  const { t } = useTexts();
  const router = useRouter();
  const { snapshot } = useSnapshot();
  const words = careWords(t, error);
  const { code } = toWireError(error);
  const there = [...(snapshot?.keys ?? []), ...(snapshot?.blanks ?? [])].some(({ key }) => key === keyId);
  const pulled = code === 'token.removed' || code === 'token.not-found';
  return (
    <section className="care-box" role="alert" data-testid="care-failed" data-code={code}>
      <Icon name={pulled ? 'unplug' : /pin-locked$/.test(code) ? 'lock' : 'warn'} className="warn" />
      <div>
        <h3>{words.heading}</h3>
        <p>{words.meaning}</p>
        <p>{words.next}</p>
        <p className="note">{words.technical}</p>
      </div>
      <div className="care-acts">
        {code === 'token.pin-locked' && (
          <Button small kind="main" onClick={() => router.go('support', { type: 'care', key: keyId })}>
            {t('care:ways')}
          </Button>
        )}
        {pulled && again && (
          <Button small kind="main" disabled={!there} onClick={again}>
            {t(there ? 'care:goOn' : 'care:waitForKey')}
          </Button>
        )}
        {!pulled && again && there && !/pin-locked$|act-unknown$|unconfirmed$/.test(code) && (
          <Button small onClick={again}>
            {t('care:start')}
          </Button>
        )}
        <Button small onClick={careRead}>
          {t('common:close')}
        </Button>
      </div>
    </section>
  );
}
