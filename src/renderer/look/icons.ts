/**
 * The icons as data, on a 24 grid with a 1.5 stroke: one drawing for the main window (React) and for the PIN window
 * (plain DOM). Every icon stands beside a word; none carries meaning alone.
 */
export type Shape = readonly ['path' | 'rect' | 'circle', Readonly<Record<string, string>>];

export const icons = {
  caps: [['path', { d: 'm12 4 7.5 8H15.5v4h-7v-4H4.5zM8.5 20h7' }]],
  cert: [
    [
      'path',
      {
        d: 'M13 18.5H5.5A1.5 1.5 0 0 1 4 17V6a1.5 1.5 0 0 1 1.5-1.5h13A1.5 1.5 0 0 1 20 6v5M7.5 8.5h9M7.5 12H12',
      },
    ],
    ['circle', { cx: '17', cy: '15.5', r: '2.5' }],
    ['path', { d: 'm15.5 17.7-.8 3.8 2.3-1.2 2.3 1.2-.8-3.8' }],
  ],
  check: [['path', { d: 'm5 12.5 4.5 4.5L19 7.5' }]],
  'check-c': [
    ['circle', { cx: '12', cy: '12', r: '8.5' }],
    ['path', { d: 'm8 12.3 2.8 2.8 5.3-5.6' }],
  ],
  chip: [
    ['rect', { x: '6', y: '6', width: '12', height: '12', rx: '1.5' }],
    [
      'path',
      {
        d: 'M9.5 3.5v2.5M14.5 3.5v2.5M9.5 18v2.5M14.5 18v2.5M3.5 9.5h2.5M3.5 14.5h2.5M18 9.5h2.5M18 14.5h2.5',
      },
    ],
  ],
  cross: [['path', { d: 'm6.5 6.5 11 11M17.5 6.5l-11 11' }]],
  'cross-c': [
    ['circle', { cx: '12', cy: '12', r: '8.5' }],
    ['path', { d: 'm9 9 6 6M15 9l-6 6' }],
  ],
  doc: [
    ['path', { d: 'M13.5 3.5h-7A1.5 1.5 0 0 0 5 5v14a1.5 1.5 0 0 0 1.5 1.5h11A1.5 1.5 0 0 0 19 19V9z' }],
    ['path', { d: 'M13.5 3.5V9H19M8.5 13h7M8.5 16.5h5' }],
  ],
  dots: [['path', { d: 'M6 12h.01M12 12h.01M18 12h.01', 'stroke-width': '2.2' }]],
  down: [['path', { d: 'm6 9.5 6 6 6-6' }]],
  eject: [['path', { d: 'm12 5 7 8.5H5zM5 18.5h14' }]],
  export: [
    [
      'path',
      { d: 'M12 15.5v-12M7.5 8 12 3.5 16.5 8M4.5 14.5v4a1.5 1.5 0 0 0 1.5 1.5h12a1.5 1.5 0 0 0 1.5-1.5v-4' },
    ],
  ],
  folder: [
    [
      'path',
      {
        d: 'M3.5 18V6.5A1.5 1.5 0 0 1 5 5h4l2 2.5h8A1.5 1.5 0 0 1 20.5 9v9a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 18z',
      },
    ],
  ],
  health: [['path', { d: 'M3.5 12.5h4l2.5-6.5 4 12 2.5-5.5h4' }]],
  import: [
    [
      'path',
      { d: 'M12 3.5v12M7.5 11l4.5 4.5 4.5-4.5M4.5 14.5v4a1.5 1.5 0 0 0 1.5 1.5h12a1.5 1.5 0 0 0 1.5-1.5v-4' },
    ],
  ],
  info: [
    ['circle', { cx: '12', cy: '12', r: '8.5' }],
    ['path', { d: 'M12 11v5.5M12 7.8h.01' }],
  ],
  lang: [
    ['circle', { cx: '12', cy: '12', r: '8.5' }],
    [
      'path',
      {
        d: 'M3.5 12h17M12 3.5c2.5 2.4 3.7 5.2 3.7 8.5s-1.2 6.1-3.7 8.5c-2.5-2.4-3.7-5.2-3.7-8.5S9.5 5.9 12 3.5z',
      },
    ],
  ],
  left: [['path', { d: 'm14.5 6-6 6 6 6' }]],
  list: [
    [
      'path',
      {
        d: 'M9 5H6.5A1.5 1.5 0 0 0 5 6.5V19a1.5 1.5 0 0 0 1.5 1.5h11A1.5 1.5 0 0 0 19 19V6.5A1.5 1.5 0 0 0 17.5 5H15',
      },
    ],
    ['path', { d: 'M9 3.5h6v3H9zM8.5 11h7M8.5 15h7' }],
  ],
  lock: [
    ['rect', { x: '5', y: '10.5', width: '14', height: '10', rx: '1.5' }],
    ['path', { d: 'M8 10.5V8a4 4 0 0 1 8 0v2.5M12 14.5v2' }],
  ],
  minus: [['path', { d: 'M5.5 12h13' }]],
  pin: [
    ['rect', { x: '3.5', y: '7.5', width: '17', height: '9', rx: '1.5' }],
    ['path', { d: 'M8 12h.01M12 12h.01M16 12h.01', 'stroke-width': '2.2' }],
  ],
  plus: [['path', { d: 'M5.5 12h13M12 5.5v13' }]],
  prev: [['path', { d: 'm6 14.5 6-6 6 6' }]],
  print: [
    [
      'path',
      {
        d: 'M7.5 8.5v-5h9v5M7.5 17H5a1.5 1.5 0 0 1-1.5-1.5V10A1.5 1.5 0 0 1 5 8.5h14a1.5 1.5 0 0 1 1.5 1.5v5.5A1.5 1.5 0 0 1 19 17h-2.5M7.5 14h9v6.5h-9z',
      },
    ],
  ],
  renew: [
    [
      'path',
      {
        d: 'M19.5 10.5A7.8 7.8 0 0 0 5.7 7.4L4 9.5M4.5 13.5a7.8 7.8 0 0 0 13.8 3.1l1.7-2.1M4 5v4.5h4.5M20 19v-4.5h-4.5',
      },
    ],
  ],
  right: [['path', { d: 'm9.5 6 6 6-6 6' }]],
  settings: [
    ['path', { d: 'M4 7.5h8.5M17.5 7.5H20M4 16.5h2.5M11.5 16.5H20' }],
    ['circle', { cx: '15', cy: '7.5', r: '2.5' }],
    ['circle', { cx: '9', cy: '16.5', r: '2.5' }],
  ],
  stamp: [
    ['path', { d: 'M10.4 13.5v-1.7c0-1.2-.4-2.1-1.1-3a3.5 3.5 0 1 1 5.4 0c-.7.9-1.1 1.8-1.1 3v1.7' }],
    ['path', { d: 'M5 17.5v-1.6c0-1.3 1.1-2.4 2.4-2.4h9.2c1.3 0 2.4 1.1 2.4 2.4v1.6zM5 21h14' }],
  ],
  support: [
    ['path', { d: 'M4.5 14v-2a7.5 7.5 0 0 1 15 0v2' }],
    [
      'path',
      {
        d: 'M4.5 13.5h2a1 1 0 0 1 1 1v3a1 1 0 0 1-1 1h-.5a1.5 1.5 0 0 1-1.5-1.5zM19.5 13.5h-2a1 1 0 0 0-1 1v3a1 1 0 0 0 1 1h.5a1.5 1.5 0 0 0 1.5-1.5zM18.5 18.5c0 1.5-1.5 2.5-4 2.5',
      },
    ],
  ],
  trash: [['path', { d: 'M4.5 6.5h15M9 6.5v-3h6v3M6.5 6.5l.8 13.5h9.4l.8-13.5M10 10v6.5M14 10v6.5' }]],
  unplug: [
    ['rect', { x: '8', y: '12', width: '8', height: '9', rx: '1.5' }],
    ['path', { d: 'M9.5 12V7.5h5V12M4 3.5l3 3M20 3.5l-3 3M12 2.5V5' }],
  ],
  usb: [
    ['rect', { x: '7', y: '9', width: '10', height: '12', rx: '2' }],
    ['path', { d: 'M9 9V3.5h6V9M11 6h.01M13 6h.01M12 17.5h.01' }],
  ],
  wait: [
    ['circle', { cx: '12', cy: '12', r: '8.5' }],
    ['path', { d: 'M12 7v5.5l3.5 2' }],
  ],
  warn: [['path', { d: 'M12 4 3.5 19.5h17zM12 10v4.5M12 17h.01' }]],
} as const satisfies Record<string, readonly Shape[]>;

export type IconName = keyof typeof icons;
