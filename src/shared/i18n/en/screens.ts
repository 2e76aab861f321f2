export const screens = {
  pictures: {
    size: '{{width}} × {{height}} mm',
    pixels: '{{width}} × {{height}} pixels',
    picture: 'Signature picture {{name}}, {{width}} millimetres wide',
    forget: 'Remove',
    forgetTitle: 'Remove this signature picture?',
    forgetText:
      '“{{name}}” is taken off YinKey’s list only. The picture’s file and the documents signed with it are not affected.',
    forgetYes: 'Remove',
    hint: 'The size comes from the picture’s resolution, or is 42 mm where it has none.',
    panel: 'About signature pictures',
    real: 'They are shown at true size: with the screen at 100%, 42 mm look like 42 mm.',
    where: 'The pictures stay on this computer.',
  },
  services: {
    title: 'Apply to the authority',
    text: 'This is where certificates will be renewed, changed, reissued and reported lost online, and where you follow how far that is.',
    now: 'This version cannot do it online yet. For now ask the authority directly, or take the key to the service counter.',
    what: 'What to ask for, and when',
    rows: {
      renew: { word: 'Renew', when: 'Within 90 days before a certificate expires, ask the authority' },
      change: {
        word: 'Change',
        when: 'When the unit’s name or its seal administrator changes, ask the authority',
      },
      reissue: {
        word: 'Reissue',
        when: 'When a certificate has expired or a key is broken, ask the authority',
      },
      loss: {
        word: 'Report a loss',
        when: 'When a key is lost, tell the authority at once; its certificates are revoked',
      },
      unlock: {
        word: 'Unlock',
        when: 'When a key is locked, take it and an identity document to the service counter',
      },
    },
  },
  support: {
    practice: 'practice mode',
    real: 'real use',
    ways: {
      title: 'Have a look yourself first',
      label: 'First help',
      key: 'The key is plugged in but not shown: use another USB port, then see whether its driver is “in use”.',
      pin: 'You are not sure of the PIN: do not try; ask your unit’s seal administrator.',
      locked: 'The key is locked: do not initialize it; have it unlocked at the service counter.',
      file: 'A document cannot be stamped: the checks on the right of the Documents screen say why, one by one.',
    },
    keyboard: 'Press ? to see all that the keyboard can do.',
  },
  settings: {
    language: 'Language',
    languageNote: 'Texts, dates and numbers change',
    languages: { 'zh-CN': '中文', en: 'English' },
    theme: 'Appearance',
    themeNote: 'Pages of documents stay paper in dark too',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    drivers: 'Drivers',
    driversNote: 'A driver is the maker’s program that reads keys; it is loaded only with your agreement',
    driversNone: 'No driver was found in the usual places.',
    trust: 'Trusted authorities',
    trustNote:
      'When a document is verified, an authority is trusted only if its root certificate is on the trust list. The authority that renews is set there too.',
    trustOpen: 'Show and change',
    about: 'About',
    aboutText: 'YinKey 印钥 {{version}}, the client for electronic seals on USB keys.',
    aboutPractice:
      'This is practice mode: the keys, certificates and seals are for practice, and what they stamp has no legal effect.',
  },
};
