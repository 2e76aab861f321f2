// Loaded into the main process of the window that is timed (NODE_OPTIONS), the same into both: tells on standard
// error when the window was on the screen and when its page was usable, in milliseconds since the epoch.
setImmediate(() => {
  // Only now: while this file is loaded, the name still means the npm package.
  const { app } = require('electron');
  app.once('browser-window-created', (_event, window) => {
    const began = Date.now();
    // A window that isn't made hidden is on the screen from the first.
    const shown = new Promise((resolve) => {
      if (window.isVisible()) resolve(began);
      else window.once('show', () => resolve(Date.now()));
    });
    const usable = new Promise((resolve) => {
      // The page sets its mark in the frame in which it can be used; the mark is looked for after that.
      window.webContents.once('did-finish-load', () => resolve(window.webContents.executeJavaScript(MARK)));
    });
    Promise.all([shown, usable]).then(([visible, page]) =>
      process.stderr.write(`\nyinkey-bench ${JSON.stringify({ began, shown: visible, ...page })}\n`),
    );
  });
});

const MARK = `new Promise((resolve) => {
  const look = () => {
    const mark = performance.getEntriesByName('yinkey:usable')[0];
    if (!mark) { setTimeout(look, 5); return; }
    const navigation = performance.getEntriesByType('navigation')[0];
    resolve({
      navigation: performance.timeOrigin,
      parsed: performance.timeOrigin + navigation.domInteractive,
      usable: performance.timeOrigin + mark.startTime,
    });
  };
  look();
})`;
