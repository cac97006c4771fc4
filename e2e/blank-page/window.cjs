// Opens one window on the built blank page, as the desk opens its own, and nothing else.
const path = require('node:path');
const { app, BrowserWindow } = require('electron');

async function open() {
  await app.whenReady();
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    show: false,
    webPreferences: { sandbox: true, contextIsolation: true },
  });
  window.once('ready-to-show', () => window.show());
  await window.loadFile(path.join(__dirname, 'index.html'));
}

void open();
