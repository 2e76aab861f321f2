export const pin = {
  windowTitle: 'Enter PIN - YinKey 印钥',
  bar: 'YinKey: enter PIN',
  bars: {
    pin: 'YinKey: enter PIN',
    'so-pin': 'YinKey: enter SO PIN',
    'new-pin': 'YinKey: set a new PIN',
    'new-so-pin': 'YinKey: set the SO PIN',
  },
  close: 'Close',
  purpose: {
    stamp: 'Stamp {{document}} with {{seal}}',
    'change-pin': 'Change the PIN',
    unlock: 'Unlock the key on site',
    initialise: 'Make the key new',
    'change-so-pin': 'Change the SO PIN',
    trial: 'Try the new PIN',
  },
  which: '{{label}}, serial number ending in {{last}}',
  blank: 'Blank key',
  holder: 'Certificate of {{holder}}',
  gap: ' ',
  fields: {
    pin: 'PIN',
    current: 'Present PIN',
    'so-pin': 'SO PIN',
    'new-pin': 'New PIN',
    'new-so-pin': 'New SO PIN',
    repeat: 'Once more',
  },
  length: '{{min}} to {{max}} characters',
  lengthExact: '{{min}} characters',
  lengthFrom: '{{min}} characters or more',
  caps: 'Caps lock is on',
  typeIt: 'Type it; nothing is pasted',
  promise: 'The PIN goes to the key alone. YinKey does not keep it.',
  wrong: {
    user: 'The PIN is wrong. The key counted one try.',
    so: 'The SO PIN is wrong. The key counted one try.',
    file: {
      known: 'The document is unchanged. Tries left: {{left}}.',
      few: 'The document is unchanged. Few tries are left; more wrong ones lock the key.',
      unknown: 'The document is unchanged. Tries left: the key does not tell.',
    },
    key: {
      known: 'The key is unchanged. Tries left: {{left}}.',
      few: 'The key is unchanged. Few tries are left; more wrong ones lock it.',
      unknown: 'The key is unchanged. Tries left: the key does not tell.',
    },
  },
  low: {
    user: {
      heading: 'The PIN was entered wrong before.',
      known: 'Tries left: {{left}}; then the key locks. Make sure of the PIN.',
      few: 'Few tries are left; then the key locks. Make sure of the PIN.',
      unknown: 'More wrong tries lock the key. Make sure of the PIN.',
    },
    so: {
      heading: 'The SO PIN was entered wrong before.',
      known: 'Tries left: {{left}}; then this key can never be unlocked again.',
      few: 'Few tries are left; then this key can never be unlocked again.',
      unknown: 'More wrong tries, and this key can never be unlocked again.',
    },
  },
  last: {
    user: {
      heading: 'Last try: another wrong PIN locks the key.',
      note: 'It then must be unlocked. Certificates and seals stay.',
      agree: 'I am sure of the PIN, use this try',
    },
    so: {
      heading: 'Last try: another wrong SO PIN ends the key.',
      note: 'A locked SO PIN can’t be undone: the key must be replaced.',
      agree: 'I compared the serial number, use this try',
    },
  },
  soEnds: {
    heading: 'A locked SO PIN can’t be undone.',
    note: 'Wrong too often, and this key can never be unlocked again. Compare the serial number first.',
  },
  candidate: {
    old: 'The change was interrupted. Now the old one is tried, once.',
    new: 'The change was interrupted. Now the new one is tried, once.',
    note: 'A wrong one is counted. If you can’t tell which is which, stop here.',
    field: { old: 'The old SO PIN', new: 'The new SO PIN' },
  },
  signatureAgain: {
    heading: 'This signature needs the PIN once more.',
    note: 'The private key of this certificate asks for each signature. Nothing was wrong.',
  },
  emptied: {
    heading: 'The window was left alone; the field was emptied.',
    note: 'Nothing was counted. Please type it again.',
  },
  refused: 'This PIN can’t be used. Nothing has changed yet.',
  rule: {
    characters: 'Letters, digits or signs',
    default: 'Not a delivery PIN',
    repeat: 'No repeats like 1111',
    sequence: 'No sequences like 1234',
    date: 'No date or birthday',
    other: { old: 'Not the old one', so: 'Not the SO PIN' },
    twice: 'Twice the same',
  },
  ruleState: { ok: 'kept', bad: 'not kept' },
  strengthIs: 'Strength: {{word}}',
  save: { 'new-pin': 'Set the new PIN', 'new-so-pin': 'Set the SO PIN' },
  changes: {
    'change-pin': {
      'new-pin':
        'Counts as soon as you confirm: you stamp with the new PIN, the old one is of no use any more. Certificates and seals stay.',
    },
    unlock: {
      'new-pin':
        'The key is unlocked as soon as you confirm, and you stamp with this PIN from then on. Certificates and seals stay.',
    },
    initialise: {
      'new-pin':
        'As soon as you confirm, the key is made new: all that was on it is gone, and this is its PIN.',
      'new-so-pin': 'It unlocks this key later on. Keep it as your rules say; YinKey does not.',
    },
    'change-so-pin': {
      'new-so-pin':
        'Counts as soon as you confirm. Keep both, the old and the new, until the screen says that it is done.',
    },
  },
  follows: {
    heading: 'What follows',
    'change-pin': {
      one: 'You type the new PIN twice; it counts as soon as you confirm.',
      two: 'The old PIN is of no use then; colleagues need the new one.',
      three: 'Certificates, seals and stamped documents stay as they are.',
    },
    unlock: {
      one: 'The key checks the SO PIN; then hand the keyboard to its holder.',
      two: 'The holder sets the new PIN; there is no default one.',
      three: 'Certificates and seals stay as they are.',
    },
    initialise: {
      one: 'The key checks the SO PIN; then hand the keyboard to its holder.',
      two: 'Nothing is erased before the holder has set a PIN.',
      three: 'Certificates, seals and private keys on it are gone for good.',
    },
    'change-so-pin': {
      one: 'You type the new SO PIN twice; then the key checks it.',
      two: 'Keep both, old and new, until it says “done”.',
      three: 'The user’s PIN, certificates and seals stay as they are.',
    },
    trial: {
      one: 'The holder enters the new PIN, the staff look away.',
      two: 'The key signs a few bytes; nothing is stamped.',
      three: 'Certificates and seals stay as they are.',
    },
  },
  handOver: {
    heading: 'Hand the keyboard to the holder',
    note: 'The holder sets the new PIN in person. Staff, please step away from keyboard and screen.',
    staff: 'Staff',
    holder: 'Holder',
    look: 'For the holder',
    one: 'Press “Start”, then type a new PIN twice.',
    two: 'No birthday, phone number, sequence or repeats.',
    three: 'Tell nobody, and don’t write it on the key.',
    minutes: 'Start within {{minutes}} minutes. If you stop now, nothing on the key has changed.',
    start: 'I am the holder, start',
  },
  pad: {
    heading: 'Enter the PIN on the key’s own pad',
    headingNew: 'Enter the new PIN twice on the key’s own pad',
    note: 'Press Start, then enter and confirm it on the key.',
    waiting: 'Waiting for the key’s pad',
    start: 'Start',
  },
  waiting: 'Asking the key',
  checking: {
    heading: 'The key is checking',
    writing: 'The key is being changed',
    note: 'Do not pull the key out.',
  },
  accepted: 'The PIN is right',
  done: 'Done',
  alone: {
    removed: {
      meaning: 'The key is unchanged, and no PIN was counted as wrong.',
      next: 'Plug the same key in again and start anew.',
    },
    failed: {
      meaning: 'The PIN was not the trouble and was not counted as wrong.',
      next: 'Pull the key out, plug it in again, and try once more.',
    },
  },
  failed: { cancel: 'Do not stamp', again: 'Try again', goOn: 'Go on', close: 'Close' },
  policy: {
    'too-short': 'It is too short: at least {{min}} characters.',
    'too-long': 'It is too long: at most {{max}} characters.',
    characters: 'Letters, digits and signs of the keyboard only; no spaces.',
    default: 'Keys are delivered with this PIN; everybody knows it.',
    repeat: 'No repeats like 1111 or 1212.',
    sequence: 'No sequences like 123456, abcd or qwerty.',
    date: 'No date: birthdays are tried first.',
    'same-as-old': 'It is the PIN that is being replaced.',
    'same-as-so': 'It is the SO PIN.',
    'by-key': 'The key does not take this PIN. Choose another one.',
  },
  strength: { weak: 'Easy to guess', fair: 'Good', strong: 'Very good' },
  cancel: 'Cancel',
  confirm: 'Confirm',
};
