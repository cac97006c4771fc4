// Opens one window on the built blank page, of the same kind as the desk's (a scheme of its own, a sandbox, a preload
// script, a content security policy), and nothing else.
const fs = require('node:fs');
const path = require('node:path');
const { app, BrowserWindow, protocol } = require('electron');

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8' };
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'";

protocol.registerSchemesAsPrivileged([
  { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);
// As the desk does: what answers are made with is loaded while Chromium comes up.
void new Response();

async function open() {
  await app.whenReady();
  protocol.handle('app', (request) => {
    const { pathname } = new URL(request.url);
    const file = path.join(__dirname, pathname === '/' ? 'index.html' : pathname);
    const headers = { 'content-type': types[path.extname(file)], 'content-security-policy': policy };
    return new Response(fs.readFileSync(file), { headers });
  });
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    show: false,
    webPreferences: {
      preload: path.join(__dirname, 'preload.cjs'),
      sandbox: true,
      contextIsolation: true,
    },
  });
  window.once('ready-to-show', () => window.show());
  await window.loadURL('app://blank/');
}

void open();
