/** Menus, system dialogs and window titles: what the operating system shows in our name. */
export const desktop = {
  title: 'YinKey 印钥',
  titlePractice: 'YinKey 印钥 - practice mode',
  pinTitle: 'PIN - YinKey',
  menu: {
    file: 'File',
    open: 'Open a document…',
    place: 'Place the seal',
    edit: 'Edit',
    view: 'View',
    keys: 'Keys',
    documents: 'Documents',
    settings: 'Settings…',
    window: 'Window',
    help: 'Help',
    keyboard: 'Keyboard',
  },
  dialog: {
    openDocument: 'Open a document',
    saveStamped: 'Save the stamped document',
    saveReceipt: 'Save the receipt',
    saveEnvironment: 'Save the environment check',
    json: 'JSON files',
    chooseSeal: 'Choose a seal picture',
    chooseModule: 'Choose a driver (PKCS#11 module)',
    pdf: 'PDF documents',
    png: 'PNG pictures',
    module: 'Drivers',
    all: 'All files',
  },
  closing: {
    message: 'A document is being stamped',
    detail:
      'The window closes as soon as that is done. If you stop it now, nothing is saved and the original stays as it is.',
    wait: 'Wait',
    stop: 'Stop and close',
  },
};
