export const care = {
  changePin: 'Change the PIN',
  setPin: 'How to set a PIN',
  running: {
    title: 'In progress: {{act}}',
    pin: 'Look at the small window in front; the PIN is typed there.',
    token: 'The key is at work. Do not pull it out.',
    cancel: 'Stop',
  },
  act: {
    'pin.change': 'Change the PIN',
    'token.unlock': 'On-site unlock',
    'token.initialise': 'Make a key new',
    'so-pin.change': 'Change the SO PIN',
  },
  done: {
    'pin.change': {
      title: 'The PIN has been changed',
      text: 'Stamp with the new PIN from now on. Certificates and seals are as they were.',
    },
    'token.unlock': {
      title: 'The key is unlocked',
      text: 'Have the holder stamp a document to see that the new PIN works.',
    },
    'token.initialise': {
      title: 'The key is new',
      text: 'The holder’s PIN is set. Certificates can be put on it now.',
    },
    'so-pin.change': {
      title: 'The SO PIN has been changed',
      text: 'The key has checked the new SO PIN. The old one can be destroyed now.',
    },
  },
  wrongBefore: 'Wrong entries on the way: {{count}}.',
  goOn: 'Go on',
  waitForKey: 'Plug the key in to go on',
  start: 'Start anew',
  ways: 'How to unlock',
  alone: {
    removed: {
      meaning: 'The key is unchanged, and no PIN was counted as wrong.',
      next: 'Plug the same key in again and go on from here.',
    },
    'not-found': {
      meaning: 'The chosen key is not among the plugged ones. Nothing has changed.',
      next: 'Plug in the chosen key and start anew.',
    },
    busy: {
      meaning: 'The key is still busy with something else; this has not begun.',
      next: 'Wait until that is done, then try again. Do not pull the key out meanwhile.',
    },
    'used-by-other': {
      meaning: 'Another program holds the key. No PIN was counted as wrong, and the key is unchanged.',
      next: 'Close the web page or the program that uses the key, then try again.',
    },
    failed: {
      meaning: 'The PIN was not the trouble and was not counted as wrong.',
      next: 'Pull the key out, plug it in again, and try once more. If it happens again, tell the maker or the authority the code below.',
    },
    'pin-locked': {
      meaning: 'Its certificates and seals are still there, undamaged.',
      next: 'Take the key to the service counter to have it unlocked, or ask the authority. Do not initialize it.',
    },
  },
  notice: {
    title: 'This key still has the PIN it came with',
    text: 'Everybody knows the PIN of “{{label}}”: whoever finds the key can stamp. Choose one that only you know; it takes a minute.',
    later: 'Later',
  },
};
