import type { ModuleInfo } from '../../shared/domain/keys.ts';
import { refreshKeys } from '../api/index.ts';
import { Button, describeError, type IconName, StateWord, type Tone, useTexts } from '../look/index.ts';
import type { Drivers } from './use-drivers.ts';

const signs: Record<ModuleInfo['state'], { tone: Tone; icon: IconName }> = {
  ready: { tone: 'ok', icon: 'check-c' },
  starting: { tone: 'grey', icon: 'chip' },
  'not-agreed': { tone: 'grey', icon: 'info' },
  missing: { tone: 'warn', icon: 'warn' },
  changed: { tone: 'warn', icon: 'warn' },
  trouble: { tone: 'warn', icon: 'warn' },
};

/** Starting again changes nothing for these: it is another file that is needed. */
const needsAnotherFile = new Set(['driver.wrong-architecture', 'driver.not-a-module']);

/** What there is to say of a driver beyond its state word: the trouble, by its code. */
function troubleOf(
  module: ModuleInfo,
): { code: string; details: Record<string, never> } | ModuleInfo['error'] {
  if (module.error) return module.error;
  if (module.state === 'missing') return { code: 'driver.not-found', details: {} };
  if (module.state === 'changed') return { code: 'driver.changed', details: {} };
  if (module.state === 'trouble') return { code: 'driver.failed', details: {} };
  return null;
}

/** Drivers as rows: name, maker, place, state, and the one thing to do about it. */
export function DriverList({ modules, drivers }: { modules: readonly ModuleInfo[]; drivers: Drivers }) {
  return (
    <ul className="drivers">
      {modules.map((module) => (
        <DriverRow key={module.path} module={module} drivers={drivers} />
      ))}
    </ul>
  );
}

function DriverRow({ module, drivers }: { module: ModuleInfo; drivers: Drivers }) {
  const { t } = useTexts();
  const trouble = troubleOf(module);
  const words = trouble && describeError(t, trouble);
  const needsAnother = module.state === 'missing' || needsAnotherFile.has(trouble?.code ?? '');
  const asks = module.state === 'not-agreed' || module.state === 'changed';
  const known = module.version
    ? t('keys:module.version', { name: module.name, version: module.version })
    : module.name;
  const acts = (
    <div className="driver-acts">
      {asks && (
        <Button small disabled={drivers.busy} onClick={() => drivers.ask(module)}>
          {t(module.state === 'changed' ? 'keys:module.reagree' : 'keys:module.view')}
        </Button>
      )}
      {needsAnother && (
        <Button small disabled={drivers.busy} onClick={() => drivers.add()}>
          {t('keys:module.add')}
        </Button>
      )}
      {module.state === 'trouble' && !needsAnother && (
        <Button small onClick={() => refreshKeys()}>
          {t('keys:module.restart')}
        </Button>
      )}
      {module.state !== 'not-agreed' && (
        <Button small disabled={drivers.busy} onClick={() => drivers.forget(module.path)}>
          {t('keys:module.forget')}
        </Button>
      )}
    </div>
  );
  return (
    <li data-testid="driver">
      <div className="driver-what">
        <h3>{known}</h3>
        <p className="note">
          {module.vendor && module.vendor !== module.name && <span>{module.vendor} · </span>}
          <code title={module.path}>{module.path}</code>
        </p>
      </div>
      <div className="driver-side">
        <StateWord {...signs[module.state]} small>
          {t(`keys:module.${module.state}`)}
        </StateWord>
        {!words && acts}
      </div>
      {words && (
        <div className="driver-trouble">
          <p>
            <b className="strong">{words.heading}</b> {words.meaning}
          </p>
          <p>{words.next}</p>
          <p className="note">{words.technical}</p>
          {acts}
        </div>
      )}
    </li>
  );
}
