import type { Channel, EventName } from '../../../shared/contract/index.ts';

// Names only, held to the contract by the compiler: the schemas stay in main, which keeps the preload small.

/** Every channel that the main window may call. */
export const channelNames: Readonly<Record<Channel, true>> = {
  'app.info': true,
  'app.environment': true,
  'app.saveEnvironment': true,
  'settings.read': true,
  'settings.write': true,
  'practice.reveal': true,
  'keys.snapshot': true,
  'keys.refresh': true,
  'keys.changePin': true,
  'keys.unlock': true,
  'keys.initialise': true,
  'keys.changeSoPin': true,
  'keys.settleSoPin': true,
  'keys.careJournal': true,
  'keys.receipt': true,
  'keys.cancel': true,
  'modules.choose': true,
  'modules.agree': true,
  'modules.forget': true,
  'documents.choose': true,
  'documents.dropped': true,
  'documents.open': true,
  'documents.unlock': true,
  'documents.close': true,
  'documents.recent': true,
  'documents.bytes': true,
  'documents.check': true,
  'documents.stamp': true,
  'documents.cancel': true,
  'documents.verify': true,
  'documents.reveal': true,
  'documents.external': true,
  'seals.list': true,
  'seals.choose': true,
  'seals.forget': true,
  'seals.bytes': true,
};

/** Every event that the main window may listen to. */
export const eventNames: Readonly<Record<EventName, true>> = {
  'keys.changed': true,
  'keys.progress': true,
  'keys.noticed': true,
  'settings.changed': true,
  'documents.progress': true,
  'documents.opened': true,
  'app.command': true,
};
