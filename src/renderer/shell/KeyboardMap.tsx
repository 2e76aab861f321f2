import { initial } from '../api/index.ts';
import { Dialog, useTexts } from '../look/index.ts';

/** '?' shows it: everything that the keyboard can do. */
export function KeyboardMap({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTexts();
  const main = initial().platform === 'darwin' ? '⌘' : 'Ctrl';
  const rows: [keys: string[], what: string][] = [
    [[main, '1', '…', '6'], 'places'],
    [[main, 'O'], 'open'],
    [[main, 'P'], 'place'],
    [['←', '→', '↑', '↓'], 'move'],
    [['Shift', '←'], 'moveFine'],
    [['F6'], 'panes'],
    [[main, ','], 'settings'],
    [['Esc'], 'close'],
    [['?'], 'map'],
  ];
  return (
    <Dialog open={open} onClose={onClose} title={t('common:map.title')}>
      <dl className="map">
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(`common:map.${what}`)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
