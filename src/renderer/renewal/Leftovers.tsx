import { useState } from 'react';
import type { OrphanPair, TokenId } from '../../shared/domain/index.ts';
import { findOrphans, removeOrphan, useAct, useOrphans } from '../api/index.ts';
import { Button, Dialog, Icon, Note, Trouble, useTexts } from '../look/index.ts';

/**
 * Key pairs on a plugged key that belong to nothing: those that were seen, a look with the PIN, and one by one out.
 * `quiet`: shows what was seen and offers no look; nothing where there is nothing.
 */
export function Leftovers({ token, quiet }: { token: TokenId; quiet?: boolean }) {
  const { t } = useTexts();
  const pairs = useOrphans(token);
  const act = useAct();
  const [going, setGoing] = useState<OrphanPair | null>(null);
  const label = token.label || t('keys:unnamed');
  // The label of a pair that this client made is for machines; people know the order.
  const nameOf = ({ order, label: name }: OrphanPair) =>
    order ? t('renewal:leftovers.order', { order }) : name || t('renewal:leftovers.unnamed');
  const busy = act.running !== null;
  const look = () =>
    void act.run('look', async () => {
      const found = await findOrphans(token);
      return found.length === 0 ? t('renewal:leftovers.none') : null;
    });
  const remove = (pair: OrphanPair) => {
    setGoing(null);
    void act.run('remove', async () => {
      await removeOrphan(pair);
      return t('renewal:leftovers.removed');
    });
  };
  if (quiet && pairs.length === 0 && act.said === null && act.error === null) return null;
  return (
    <>
      <hr className="rule" />
      <section className="leftovers" data-testid="leftovers">
        {pairs.length > 0 && (
          <>
            <h2>{t('renewal:leftovers.title')}</h2>
            <Note>{t('renewal:leftovers.text', { label })}</Note>
            <ul>
              {pairs.map((pair) => (
                <li key={pair.ckaId} data-testid="leftover">
                  <div>
                    <p>{nameOf(pair)}</p>
                    <p className="note">
                      {pair.keyType}
                      {!pair.order && `${t('common:comma')}${t('renewal:leftovers.foreign')}`}
                    </p>
                  </div>
                  <Button
                    small
                    disabled={busy}
                    onClick={() => setGoing(pair)}
                    aria-label={t('renewal:leftovers.removeName', { name: nameOf(pair) })}
                    data-testid="leftover-remove"
                  >
                    {t('renewal:leftovers.remove')}
                  </Button>
                </li>
              ))}
            </ul>
          </>
        )}
        {!quiet && pairs.length === 0 && (
          <>
            <Button small disabled={busy} onClick={look} data-testid="leftovers-look">
              {t(act.running === 'look' ? 'renewal:leftovers.looking' : 'renewal:leftovers.look')}
            </Button>
            <Note>{t('renewal:leftovers.lookNote')}</Note>
          </>
        )}
        {act.error !== null && <Trouble error={act.error} />}
        {act.said && (
          <p className="with-icon" role="status">
            <Icon name="check" size="small" className="ok" />
            <span>{act.said}</span>
          </p>
        )}
      </section>
      <Dialog
        open={going !== null}
        onClose={() => setGoing(null)}
        title={t('renewal:leftovers.question')}
        actions={
          <>
            <Button onClick={() => setGoing(null)}>{t('renewal:leftovers.keep')}</Button>
            <Button kind="main" onClick={() => going && remove(going)} data-testid="leftover-yes">
              {t('renewal:leftovers.remove')}
            </Button>
          </>
        }
      >
        {going && (
          <>
            <p>{t('renewal:leftovers.gone', { name: nameOf(going), keyType: going.keyType, label })}</p>
            <p>
              {going.order
                ? t('renewal:leftovers.mine', { order: going.order })
                : t('renewal:leftovers.others')}
            </p>
          </>
        )}
      </Dialog>
    </>
  );
}
