import { capture } from './seals-capture.ts';
import { mine } from './seals-mine.ts';

/** Seals: taking one from its impression, and what it is judged by. */
export const seals = {
  mine,
  capture,
  kind: {
    official: 'unit seal',
    contract: 'contract seal',
    finance: 'finance seal',
    invoice: 'invoice seal',
    representative: 'name seal of the legal representative',
  },
  shape: { circle: 'round', ellipse: 'oval', square: 'square', rectangle: 'rectangular' },
  verdict: {
    good: 'Good for a seal',
    usable: 'Can be used, but is not perfect',
    refuse: 'Cannot be used',
  },
  check: {
    ring: 'Whole border',
    ink: 'Even ink',
    sharpness: 'Sharp edges',
    roundness: 'Roundness',
    skew: 'Skew',
    doubleStrike: 'Stamped once',
    resolution: 'Resolution',
    size: 'Size',
  },
  limit: {
    ring: 'at least {{min}}%',
    ink: 'at least {{min}}%',
    sharpness: 'edges at most {{max}} mm',
    roundness: 'axes differ by at most {{max}}%',
    skew: 'at most {{max}}°',
    doubleStrike: 'second one at most {{max}}%',
    resolution: 'at least {{min}} dpi',
    size: 'at most {{max}} mm',
  },
  unit: { '%': '{{value}}%', mm: '{{value}} mm', degrees: '{{value}}°', dpi: '{{value}} dpi' },
  where: {
    clock1: 'at the upper right',
    clock2: 'at the upper right',
    clock3: 'on the right',
    clock4: 'at the lower right',
    clock5: 'at the lower right',
    clock6: 'at the bottom',
    clock7: 'at the lower left',
    clock8: 'at the lower left',
    clock9: 'on the left',
    clock10: 'at the upper left',
    clock11: 'at the upper left',
    clock12: 'at the top',
  },
  todo: {
    ring: 'The border has gaps. Put ink on the seal and stamp again, straight down.',
    ringAt:
      'Press harder {{where}}: {{degrees}}° of the border are missing, {{length}} mm towards {{clock}} o’clock.',
    ink: 'The ink is uneven or too dry. Put fresh ink on the seal and stamp again, with even pressure.',
    inkAt: 'The ink is weakest {{where}}. Put fresh ink on the seal and stamp again, with even pressure.',
    sharpness:
      'The edges are blurred. Use less ink, let it dry, and make sure that the scan or photo is sharp.',
    roundness:
      'The seal is distorted. Lay the page flat on the scanner and scan again, without stretching the picture.',
    skew: 'The seal was stamped at an angle. Its picture has been turned upright.',
    doubleStrike: 'The seal was stamped twice or slipped. Stamp again on a clean spot, in one go.',
    doubleStrikeAt:
      'A second impression lies {{length}} mm beside the first one. Stamp again on a clean spot, in one go.',
    resolution: 'The scan is too coarse. Scan again at 300 dpi or more.',
    size: 'The seal is larger than a unit’s seal may be. Check the resolution of the scan or the typed diameter.',
  },
  note: {
    fileTooLarge:
      'The JPG is over 5 MB, more than the authority takes. The seal’s own picture is not affected.',
    notJpeg: 'The authority takes scans as JPG; with an application this one is sent as a JPG.',
    perspective: 'The photo was taken at an angle. The seal has been made round again.',
    textOverSeal: 'Other print covers parts of the seal. What it hides was left out and not made up.',
  },
  command: {
    about: 'electronic seals',
    capture: 'take a seal from the scan or photo of its impression, and judge it',
    out: 'where the seal’s picture is written (PNG, transparent, true size)',
    diameter: 'true diameter in millimetres (oval, rectangle: the longer side)',
    colour: 'the ink that is looked for',
    ownColour: 'keep the colour of the ink instead of a clean seal red',
    pick: 'which of several impressions, from 1, the largest',
    force: 'replace the output file if it exists',
    found: '{{shape}}, {{width}} × {{height}} mm, turned by {{rotation}}°',
    check: '{{mark}} {{name}}: {{value}} ({{limit}})',
    written: 'Written: {{file}}, {{bytes}} bytes at {{dpi}} dpi',
    notWritten: 'Nothing was written.',
  },
};
