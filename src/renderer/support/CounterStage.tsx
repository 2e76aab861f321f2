import { useEffect, useRef, useState } from 'react';
import type { CareEntry } from '../../shared/domain/care.ts';
import { care, careJournal, careRead, useCare, useSnapshot } from '../api/index.ts';
import { CareNews, ofKey } from '../care/index.ts';
import { holderName, Icon, Note, pinSign, StateWord, serialParts, useTexts } from '../look/index.ts';
import { ActList } from './ActList.tsx';
import { CaseFields } from './CaseFields.tsx';
import { HandPage } from './HandPage.tsx';
import { Interrupted } from './Interrupted.tsx';
import { type CaseForm, type Chosen, type CounterAct, chosenOf, cutOff, usualReason } from './journey.ts';
import { Steps } from './Steps.tsx';

type Stage = { at: 'choose' } | { at: 'form' | 'hand'; act: CounterAct; form: CaseForm };

/** One key at the counter: its state and holder, what can be done, and the act itself step by step. */
export function CounterStage({
  chosenKey,
  onHold,
}: {
  chosenKey: string;
  onHold: (key: string | null) => void;
}) {
  const { t } = useTexts();
  const { snapshot } = useSnapshot();
  const running = useCare();
  const [stage, setStage] = useState<Stage>({ at: 'choose' });
  const [journal, setJournal] = useState<readonly CareEntry[]>([]);
  // A key that is pulled in the middle of an act is still the one that it is about.
  const last = useRef<Chosen | null>(null);
  const now = chosenOf(snapshot, chosenKey);
  if (now) last.current = now;
  const chosen = now ?? last.current;

  const ended = running.ended;
  // biome-ignore lint/correctness/useExhaustiveDependencies: read anew when an act has ended
  useEffect(() => {
    // Without the journal the acts are still there: what was cut off is told by the command line too.
    careJournal().then(setJournal, () => setJournal([]));
  }, [ended]);
  if (!chosen) return <main className="stage" id="main" data-pane="stage" tabIndex={-1} />;

  const choose = () => {
    onHold(null);
    setStage({ at: 'choose' });
  };
  const begin = (act: CounterAct) => {
    careRead();
    onHold(chosenKey);
    setStage({
      at: 'form',
      act,
      form: {
        reason: t(`care:support.form.reasons.${usualReason(act, chosen)}`),
        reference: '',
        staff: '',
        label: chosen.kind === 'key' ? chosen.info.label : '',
        serial: '',
      },
    });
  };
  const start = () => {
    if (stage.at === 'hand') void run(stage.act, chosen, stage.form, chosenKey);
  };
  const done = ended?.key === chosenKey && 'result' in ended;
  const open = cutOff(journal, chosen);
  const news = ofKey(running, chosenKey);
  const act = (news?.running ?? news?.ended)?.act;

  return (
    <>
      <main className="stage counter-stage" id="main" data-pane="stage" tabIndex={-1}>
        {stage.at === 'choose' ? (
          <>
            <Head chosen={chosen} />
            {news && act !== 'pin.change' && open.length === 0 && <CareNews state={news} again={null} />}
            {open.map((entry) => (
              <Interrupted key={entry.id} entry={entry} chosenKey={chosenKey} />
            ))}
            <ActList chosen={chosen} onAct={begin} />
          </>
        ) : (
          <>
            <Steps
              act={stage.act}
              at={stage.at}
              running={running.running !== null}
              handedOver={news?.running?.handedOver ?? false}
              done={done}
            />
            {stage.at === 'form' ? (
              <CaseFields
                act={stage.act}
                chosen={chosen}
                form={stage.form}
                onChange={(form) => setStage({ ...stage, form })}
                onBack={choose}
                onNext={() => setStage({ ...stage, at: 'hand' })}
              />
            ) : (
              <HandPage
                act={stage.act}
                chosen={chosen}
                there={now !== null}
                onBack={() => setStage({ ...stage, at: 'form' })}
                onStart={start}
                onFinish={choose}
                chosenKey={chosenKey}
              />
            )}
          </>
        )}
      </main>
      <Side chosen={chosen} stage={stage} done={done} />
    </>
  );
}

async function run(act: CounterAct, chosen: Chosen, form: CaseForm, key: string): Promise<void> {
  const facts = { reason: form.reason, reference: form.reference, staff: form.staff };
  const { module, serial } = chosen.info;
  const token = { module, serial, label: chosen.kind === 'key' ? chosen.info.label : '' };
  const job = { act, key, label: token.label };
  if (act === 'token.unlock') return care(job, 'keys.unlock', { token, case: facts });
  if (act === 'so-pin.change') return care(job, 'keys.changeSoPin', { token, case: facts });
  return care(job, 'keys.initialise', {
    target: chosen.kind === 'blank' ? { blank: chosen.info.key } : { token },
    label: form.label,
    serialTyped: form.serial.trim() === '' ? null : form.serial,
    case: facts,
  });
}

/** The key as one holds it: name, maker, serial number, state, holder. */
function Head({ chosen }: { chosen: Chosen }) {
  const { t } = useTexts();
  const { info } = chosen;
  const serial = serialParts(info.serial);
  const owner = chosen.kind === 'key' ? chosen.info.certificates.find(({ isCa }) => !isCa) : undefined;
  return (
    <section className="counter-head">
      <h2>{chosen.kind === 'key' ? chosen.info.label || t('keys:unnamed') : t('care:support.blank')}</h2>
      <p className="note">
        {[info.manufacturer, info.model].filter(Boolean).join(' ')}
        {info.serial && (
          <>
            {' · '}
            {t('keys:serial')}
            {serial.head} <b className="strong">{serial.last}</b>
          </>
        )}
      </p>
      {chosen.kind === 'key' && (
        <>
          <p>
            <StateWord {...pinSign(chosen.info.pin.state)}>
              {t(`keys:pin.${chosen.info.pin.state}.word`)}
            </StateWord>
          </p>
          {chosen.info.pin.state !== 'ok' && <p>{t(`keys:pin.${chosen.info.pin.state}.told`)}</p>}
        </>
      )}
      {owner && (
        <p className="with-icon">
          <Icon name="cert" size="small" />
          <span>
            {t('care:support.held')} {holderName(owner)}
            {owner.unit && owner.unit !== owner.holder && <span className="note"> {owner.unit}</span>}
          </span>
        </p>
      )}
    </section>
  );
}

function Side({ chosen, stage, done }: { chosen: Chosen; stage: Stage; done: boolean }) {
  const { t } = useTexts();
  const so = chosen.kind === 'key' ? chosen.info.pin.soState : 'not-set';
  return (
    <aside className="panel" aria-label={t('care:support.side.about')} data-pane="panel">
      {!done && (
        <>
          <section className="next">
            <h2>{t('care:support.so.title')}</h2>
            {so !== 'ok' && so !== 'not-set' && (
              <StateWord {...pinSign(so)}>{t(`keys:pin.${so}.word`)}</StateWord>
            )}
            <p>{t(`care:support.so.${so}`)}</p>
          </section>
          <hr className="rule" />
        </>
      )}
      {stage.at === 'choose' ? (
        chosen.kind === 'key' && chosen.info.pin.state === 'locked' ? (
          <section className="next">
            <h2>{t('keys:unlock.title')}</h2>
            <p>{t('keys:unlock.calm')}</p>
            <ol className="ways">
              <li>{t('keys:unlock.one')}</li>
              <li>{t('keys:unlock.two')}</li>
            </ol>
            <Note icon="warn">{t('keys:unlock.three')}</Note>
          </section>
        ) : (
          <section className="next">
            <h2>{t('care:support.side.noDefault')}</h2>
            <p>{t('care:support.side.noDefaultText')}</p>
          </section>
        )
      ) : (
        <>
          {!done && (
            <>
              <section className="next">
                <h2>{t('care:support.side.soFar')}</h2>
                <p>{t('care:support.side.soFarText')}</p>
              </section>
              <hr className="rule" />
              <section className="next">
                <h2>{t('care:support.side.during')}</h2>
                <p>{t('care:support.side.duringText')}</p>
              </section>
              <hr className="rule" />
            </>
          )}
          <section className="next">
            <h2>{t('care:support.side.noDefault')}</h2>
            <p>{t('care:support.side.noDefaultText')}</p>
          </section>
        </>
      )}
    </aside>
  );
}
